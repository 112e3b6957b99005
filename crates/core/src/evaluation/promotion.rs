//! Whether a candidate may replace the champion: only if it is better beyond noise on labels that
//! neither has seen, and worse in nothing that matters. A verdict with its numbers; the swap is the
//! registry's.
//!
//! Differences are candidate less champion on the same resampled rows (paired bootstrap), so that
//! what makes both models look good or bad in a draw cancels.

use super::measure::{CALIBRATION, PR_AUC};
use super::report::{chosen, picked};
use super::resample::{Estimate, Resampling, Sample};
use super::{EvaluationError, Outcomes};
use crate::user::UserType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When a candidate is good enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Fewest edits that are damage, and that are not, for a verdict.
    pub min_damage: usize,
    /// Fewest of both for a user type to be judged by itself.
    pub min_damage_of_user_type: usize,
    /// By how much the calibration error may grow.
    pub calibration_tolerance: f64,
    /// How intervals are drawn.
    pub resampling: Resampling,
}

impl Default for Rule {
    /// 100 and 50 edits, 0.005.
    fn default() -> Self {
        Self {
            min_damage: 100,
            min_damage_of_user_type: 50,
            calibration_tolerance: 0.005,
            resampling: Resampling::default(),
        }
    }
}

/// Times that show whether the labels may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Newest edit the candidate was trained or calibrated on.
    pub candidate_trained_to: Timestamp,
    /// Newest edit the champion was trained or calibrated on.
    pub champion_trained_to: Timestamp,
    /// Oldest edit of the trial.
    pub from: Timestamp,
    /// Newest edit of the trial.
    pub to: Timestamp,
    /// Labels of edits up to here are final.
    pub matured_to: Timestamp,
}

/// Two models on the same labelled edits.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    /// Labels, weights and clusters.
    pub outcomes: Outcomes<'a>,
    /// Who made each edit.
    pub user_types: &'a [UserType],
    /// Scores of the candidate.
    pub candidate: &'a [f64],
    /// Scores of the champion.
    pub champion: &'a [f64],
    /// When all that was.
    pub period: Period,
}

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The edits are newer than all training, and their labels matured.
    UnseenLabels,
    /// There is enough to judge by.
    EnoughEdits,
    /// The ranking is better.
    Better,
    /// The calibration is not worse.
    Calibration,
    /// The ranking is not worse for a user type.
    UserType,
}

/// One check and its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// Whether it speaks for the candidate, or at least not against it.
    pub passed: bool,
    /// The outcome in words.
    pub text: String,
    /// The user type it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_type: Option<UserType>,
    /// The candidate's figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<f64>,
    /// The champion's figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion: Option<f64>,
    /// Candidate less champion, with its interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Estimate>,
}

/// The verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Whether the candidate replaces the champion: if every check passed.
    pub promote: bool,
    /// Number of edits of the trial.
    pub rows: u64,
    /// How many of them were damage.
    pub damage: u64,
    /// Every check, in the order made. The first that did not pass is the reason to name.
    pub findings: Vec<Finding>,
}

/// Judges a candidate. Without unseen labels, or enough of them, nothing else is checked.
///
/// # Errors
/// [`EvaluationError`] if columns differ in length or a value is out of range; a worse candidate
/// is no error.
pub fn decide(trial: &Trial<'_>, rule: &Rule) -> Result<Decision, EvaluationError> {
    let labels = trial.outcomes.labels;
    super::measure::check_length("user types", labels.len(), trial.user_types.len())?;
    let damage = labels.iter().filter(|label| **label).count();
    let mut findings = vec![
        unseen(&trial.period),
        enough(damage, labels.len(), rule.min_damage),
    ];
    if findings.iter().all(|finding| finding.passed) {
        let scorings = [trial.candidate, trial.champion];
        let paired = Paired::new(trial.outcomes, scorings, rule.resampling)?;
        findings.push(better(&paired));
        findings.push(calibration(&paired, rule.calibration_tolerance));
        for kind in UserType::ALL {
            findings.extend(of_user_type(trial, rule, kind)?);
        }
    }
    Ok(Decision {
        promote: findings.iter().all(|finding| finding.passed),
        rows: labels.len() as u64,
        damage: damage as u64,
        findings,
    })
}

/// The figures of both models, and their differences.
struct Paired {
    candidate: super::measure::Values,
    champion: super::measure::Values,
    difference: [Estimate; super::measure::FIGURES],
}

impl Paired {
    fn new(
        outcomes: Outcomes<'_>,
        scorings: [&[f64]; 2],
        resampling: Resampling,
    ) -> Result<Self, EvaluationError> {
        let [candidate, champion] = scorings;
        let sample = Sample::new(&outcomes, candidate, &[champion])?;
        let values = sample.values();
        Ok(Self {
            candidate: values[0],
            champion: values[1],
            difference: sample.difference(resampling)?,
        })
    }

    fn finding(&self, check: Check, figure: usize, passed: bool, text: String) -> Finding {
        let rounded = super::resample::rounded;
        Finding {
            candidate: Some(rounded(self.candidate[figure])),
            champion: Some(rounded(self.champion[figure])),
            difference: Some(self.difference[figure]),
            ..bare(check, passed, text)
        }
    }

    /// `0.4410 against 0.4300: +0.0110 (95 %: +0.0020 to +0.0200)`.
    fn numbers(&self, figure: usize) -> String {
        let (low, high) = ends(&self.difference[figure]);
        format!(
            "{:.4} against {:.4}: {:+.4} (95 %: {low:+.4} to {high:+.4})",
            self.candidate[figure], self.champion[figure], self.difference[figure].value
        )
    }
}

fn bare(check: Check, passed: bool, text: String) -> Finding {
    Finding {
        check,
        passed,
        text,
        user_type: None,
        candidate: None,
        champion: None,
        difference: None,
    }
}

/// The interval; an estimate without one is certain of nothing.
fn ends(estimate: &Estimate) -> (f64, f64) {
    (
        estimate.low.unwrap_or(f64::NEG_INFINITY),
        estimate.high.unwrap_or(f64::INFINITY),
    )
}

fn unseen(period: &Period) -> Finding {
    let Period {
        candidate_trained_to,
        champion_trained_to,
        from,
        to,
        matured_to,
    } = period;
    let text = if from > to {
        format!("the edits end ({to}) before they begin ({from})")
    } else if from <= candidate_trained_to {
        format!("the edits begin at {from}, the candidate was trained up to {candidate_trained_to}")
    } else if from <= champion_trained_to {
        format!("the edits begin at {from}, the champion was trained up to {champion_trained_to}")
    } else if to > matured_to {
        format!("the edits end at {to}, labels are final up to {matured_to} only")
    } else {
        let text = format!("the edits from {from} to {to} are new to both models");
        return bare(Check::UnseenLabels, true, text);
    };
    bare(Check::UnseenLabels, false, text)
}

fn enough(damage: usize, rows: usize, min: usize) -> Finding {
    let passed = damage >= min.max(1) && rows - damage >= min.max(1);
    let need = if passed { "enough" } else { "too few" };
    let text =
        format!("{damage} of {rows} edits are damage: {need}, {min} of both kinds are needed");
    bare(Check::EnoughEdits, passed, text)
}

fn better(paired: &Paired) -> Finding {
    let (low, high) = ends(&paired.difference[PR_AUC]);
    let verdict = if low > 0.0 {
        "better beyond noise"
    } else if high < 0.0 {
        "worse beyond noise"
    } else {
        "no better than noise"
    };
    let text = format!("PR-AUC {}: {verdict}", paired.numbers(PR_AUC));
    paired.finding(Check::Better, PR_AUC, low > 0.0, text)
}

fn calibration(paired: &Paired, tolerance: f64) -> Finding {
    let (low, _) = ends(&paired.difference[CALIBRATION]);
    let passed = low <= tolerance;
    let verdict = if passed { "not worse" } else { "worse" };
    let text = format!(
        "calibration error {}: {verdict} beyond noise and the tolerance of {tolerance}",
        paired.numbers(CALIBRATION)
    );
    paired.finding(Check::Calibration, CALIBRATION, passed, text)
}

/// The ranking within a user type; nothing for a type that does not occur.
fn of_user_type(
    trial: &Trial<'_>,
    rule: &Rule,
    kind: UserType,
) -> Result<Option<Finding>, EvaluationError> {
    let rows = chosen(trial.user_types, kind);
    if rows.is_empty() {
        return Ok(None);
    }
    let labels = picked(trial.outcomes.labels, &rows);
    let damage = labels.iter().filter(|label| **label).count();
    let min = rule.min_damage_of_user_type.max(1);
    if damage.min(rows.len() - damage) < min {
        let text = format!(
            "{kind} users: not judged by themselves, {damage} of {} edits are damage and {min} of \
             both kinds are needed",
            rows.len()
        );
        return Ok(Some(Finding {
            user_type: Some(kind),
            ..bare(Check::UserType, true, text)
        }));
    }
    let weights = trial.outcomes.weights.map(|weights| picked(weights, &rows));
    let clusters = trial.outcomes.clusters.map(|all| picked(all, &rows));
    let outcomes = Outcomes {
        labels: &labels,
        weights: weights.as_deref(),
        clusters: clusters.as_deref(),
    };
    let candidate = picked(trial.candidate, &rows);
    let champion = picked(trial.champion, &rows);
    let paired = Paired::new(outcomes, [&candidate, &champion], rule.resampling)?;
    let (_, high) = ends(&paired.difference[PR_AUC]);
    let passed = high >= 0.0;
    let verdict = if passed { "not worse" } else { "worse" };
    let numbers = paired.numbers(PR_AUC);
    let text = format!("{kind} users, PR-AUC {numbers}: {verdict} beyond noise");
    Ok(Some(Finding {
        user_type: Some(kind),
        ..paired.finding(Check::UserType, PR_AUC, passed, text)
    }))
}
