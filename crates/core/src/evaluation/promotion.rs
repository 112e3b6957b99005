//! Whether a candidate may replace the champion: only if it is better beyond noise on labels that
//! neither has seen, and neither its calibration nor its ranking for a user type or a large wiki is
//! worse. The registry carries out the decision.
//!
//! Differences are candidate less champion on the same resampled rows (paired bootstrap), so that
//! whatever makes both models look good or bad in a draw cancels out.

use super::error::EvaluationError;
use super::measure::{CALIBRATION, FIGURES, PR_AUC, Values};
use super::outcomes::{Outcomes, check_length};
use super::report::largest;
use super::resample::{Estimate, Resampling, Scorings, rounded};
use super::slices::{of_user_type, of_wiki};
use crate::model::Provenance;
use crate::text::grouped;
use crate::user::UserType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The requirements for a promotion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PromotionRule {
    /// The fewest edits that are damage, and that are not; the default is 100.
    pub min_damage: usize,
    /// The same for a user type or a wiki to be judged by itself; the default is 50.
    pub min_damage_of_slice: usize,
    /// By how much the PR-AUC for a user type or a large wiki may be lower, where there are enough
    /// edits to tell; the default is 0.02.
    pub margin: f64,
    /// By how much the expected calibration error may grow; the default is 0.005.
    pub calibration_tolerance: f64,
    pub resampling: Resampling,
}

impl Default for PromotionRule {
    fn default() -> Self {
        Self {
            min_damage: 100,
            min_damage_of_slice: 50,
            margin: 0.02,
            calibration_tolerance: 0.005,
            resampling: Resampling::default(),
        }
    }
}

/// What shows whether the labels are unseen and final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period<'a> {
    /// What the fitted parts of the candidate have seen.
    pub candidate: &'a Provenance,
    /// What those of the champion have seen.
    pub champion: &'a Provenance,
    /// The number of edits of the trial that were simulated.
    pub simulated: u64,
    /// The oldest edit of the trial.
    pub from: Timestamp,
    /// The newest edit of the trial.
    pub to: Timestamp,
    /// The labels of edits up to this time are final.
    pub matured_to: Timestamp,
}

/// The scores of two models for the same labelled edits, one element for each edit.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    pub outcomes: Outcomes<'a>,
    pub user_types: &'a [UserType],
    /// The database name of each edit's wiki.
    pub wikis: &'a [&'a str],
    /// Scores of the candidate, 0 to 1.
    pub candidate: &'a [f64],
    /// Scores of the champion, 0 to 1.
    pub champion: &'a [f64],
    pub period: Period<'a>,
}

/// A requirement for a promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromotionCheck {
    /// All edits are real and newer than what any fitted part of either model has seen, and their
    /// labels are final.
    UnseenLabels,
    /// There are enough edits of both kinds.
    EnoughEdits,
    /// The PR-AUC is better beyond noise.
    Better,
    /// The calibration error is not worse beyond noise and the tolerance.
    Calibration,
    /// The PR-AUC for one user type is not lower by more than the margin, or, where there are too few
    /// edits to tell, not worse beyond noise.
    UserType,
    /// The same for one of the largest wikis.
    Wiki,
    /// No person holds the champion.
    Held,
    /// No person has rolled back the same model before.
    RolledBack,
}

impl PromotionCheck {
    /// Whether it asks what people have ruled, not how good the candidate is.
    pub const fn is_ruling(self) -> bool {
        matches!(self, Self::Held | Self::RolledBack)
    }
}

/// One check and its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub check: PromotionCheck,
    /// True also for a user type with too few edits to be judged by itself; wikis with so few have no
    /// finding.
    pub passed: bool,
    /// The result as a sentence with its numbers.
    pub text: String,
    /// Set only for [`PromotionCheck::UserType`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_type: Option<UserType>,
    /// Set only for [`PromotionCheck::Wiki`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wiki: Option<String>,
    /// The figure of the candidate; absent if none was compared, as the next two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion: Option<f64>,
    /// The figure of the candidate less that of the champion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Estimate>,
}

/// The decision on one candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Whether the candidate replaces the champion, which it does if every check passed.
    pub promote: bool,
    /// Number of edits of the trial.
    pub rows: u64,
    /// The number of edits that were damage.
    pub damage: u64,
    /// All checks in their order. The first one that failed is the reason for a refusal.
    pub findings: Vec<Finding>,
}

impl Decision {
    /// Adds a requirement that is not met, for a reason that the trial does not show.
    pub fn rule_out(&mut self, check: PromotionCheck, text: String) {
        self.promote = false;
        self.findings.push(bare(check, false, text));
    }
}

/// Decides on a candidate. Without enough unseen labels nothing else is checked.
///
/// # Errors
/// [`EvaluationError`] if columns differ in length or a value is out of range. A worse candidate
/// is no error.
pub fn decide(trial: &Trial<'_>, rule: &PromotionRule) -> Result<Decision, EvaluationError> {
    let labels = trial.outcomes.labels;
    check_length("user types", labels.len(), trial.user_types.len())?;
    check_length("wikis", labels.len(), trial.wikis.len())?;
    let (rows, damage) = trial.outcomes.counts();
    let mut findings = vec![
        unseen(&trial.period, rows),
        enough(damage, rows, rule.min_damage),
    ];
    if findings.iter().all(|finding| finding.passed) {
        let paired = Paired::new(
            trial.outcomes,
            trial.candidate,
            trial.champion,
            rule.resampling,
        )?;
        findings.push(better(&paired));
        findings.push(calibration(&paired, rule.calibration_tolerance));
        for kind in UserType::ALL {
            findings.extend(of_user_type(trial, rule, kind)?);
        }
        for wiki in largest(trial.wikis) {
            findings.extend(of_wiki(trial, rule, wiki)?);
        }
    }
    Ok(Decision {
        promote: findings.iter().all(|finding| finding.passed),
        rows: rows as u64,
        damage: damage as u64,
        findings,
    })
}

/// The figures of both models, and their differences with intervals.
pub(super) struct Paired {
    candidate: Values,
    champion: Values,
    pub(super) difference: [Estimate; FIGURES],
}

impl Paired {
    pub(super) fn new(
        outcomes: Outcomes<'_>,
        candidate: &[f64],
        champion: &[f64],
        resampling: Resampling,
    ) -> Result<Self, EvaluationError> {
        let scorings = Scorings::new(&outcomes, candidate, &[champion])?;
        let values = scorings.values();
        Ok(Self {
            candidate: values[0],
            champion: values[1],
            difference: scorings.difference(resampling)?,
        })
    }

    pub(super) fn finding(
        &self,
        check: PromotionCheck,
        figure: usize,
        passed: bool,
        text: String,
    ) -> Finding {
        Finding {
            candidate: Some(rounded(self.candidate[figure])),
            champion: Some(rounded(self.champion[figure])),
            difference: Some(self.difference[figure]),
            ..bare(check, passed, text)
        }
    }

    /// For instance `0.4410 against 0.4300: +0.0110 (95 %: +0.0020 to +0.0200)`.
    pub(super) fn numbers(&self, figure: usize) -> String {
        let (low, high) = ends(&self.difference[figure]);
        format!(
            "{:.4} against {:.4}: {:+.4} (95 %: {low:+.4} to {high:+.4})",
            self.candidate[figure], self.champion[figure], self.difference[figure].value
        )
    }
}

pub(super) fn bare(check: PromotionCheck, passed: bool, text: String) -> Finding {
    Finding {
        check,
        passed,
        text,
        user_type: None,
        wiki: None,
        candidate: None,
        champion: None,
        difference: None,
    }
}

/// The ends of the interval; infinite for an estimate without one.
pub(super) fn ends(estimate: &Estimate) -> (f64, f64) {
    (
        estimate.low.unwrap_or(f64::NEG_INFINITY),
        estimate.high.unwrap_or(f64::INFINITY),
    )
}

fn unseen(period: &Period<'_>, rows: usize) -> Finding {
    let Period {
        candidate,
        champion,
        simulated,
        from,
        to,
        matured_to,
    } = period;
    let seen_by = |whose: &str, provenance: &Provenance| {
        let (part, seen_to) = provenance.newest().filter(|(_, seen_to)| from <= seen_to)?;
        Some(format!(
            "the edits begin at {from}, and `{part}` of the {whose} has seen edits up to {seen_to}"
        ))
    };
    let seen = seen_by("candidate", candidate).or_else(|| seen_by("champion", champion));
    let text = if from > to {
        format!("the edits end ({to}) before they begin ({from})")
    } else if let Some(seen) = seen {
        seen
    } else if to > matured_to {
        format!("the edits end at {to}, labels are final up to {matured_to} only")
    } else if *simulated > 0 {
        made_up(*simulated, rows, [candidate, champion])
    } else {
        let text = format!("the edits from {from} to {to} are new to both models");
        return bare(PromotionCheck::UnseenLabels, true, text);
    };
    bare(PromotionCheck::UnseenLabels, false, text)
}

/// Why simulated edits prove nothing: their times are new, the labelled rows behind them are not.
fn made_up(simulated: u64, rows: usize, models: [&Provenance; 2]) -> String {
    let sets: BTreeSet<&str> = models.into_iter().flat_map(Provenance::sets).collect();
    let sets: Vec<&str> = sets.into_iter().collect();
    let of = match sets.is_empty() {
        true => String::new(),
        false => format!(
            ", of labelled rows that the models have seen ({})",
            sets.join("; ")
        ),
    };
    let (simulated, rows) = (grouped(simulated), grouped(rows as u64));
    format!("{simulated} of {rows} edits are simulated{of}: they prove nothing about real ones")
}

fn enough(damage: usize, rows: usize, min: usize) -> Finding {
    let passed = damage >= min.max(1) && rows - damage >= min.max(1);
    let need = if passed { "enough" } else { "too few" };
    let [damage, rows, min] = [damage, rows, min].map(|number| grouped(number as u64));
    let text =
        format!("{damage} of {rows} edits are damage: {need}, {min} of both kinds are needed");
    bare(PromotionCheck::EnoughEdits, passed, text)
}

fn better(paired: &Paired) -> Finding {
    let (low, high) = ends(&paired.difference[PR_AUC]);
    let result = if low > 0.0 {
        "better beyond noise"
    } else if high < 0.0 {
        "worse beyond noise"
    } else {
        "no better than noise"
    };
    let text = format!("PR-AUC {}: {result}", paired.numbers(PR_AUC));
    paired.finding(PromotionCheck::Better, PR_AUC, low > 0.0, text)
}

fn calibration(paired: &Paired, tolerance: f64) -> Finding {
    let (low, _) = ends(&paired.difference[CALIBRATION]);
    let passed = low <= tolerance;
    let result = if passed { "not worse" } else { "worse" };
    let text = format!(
        "calibration error {}: {result} beyond noise and the tolerance of {tolerance}",
        paired.numbers(CALIBRATION)
    );
    paired.finding(PromotionCheck::Calibration, CALIBRATION, passed, text)
}
