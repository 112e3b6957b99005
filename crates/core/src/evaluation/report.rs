//! The evaluation of a model as its card shows it: overall, by user type and for the largest
//! wikis, with baselines on the same rows. Names and definitions are those of the first card.
//! Accuracy is left out: where 6 % of the edits are damage, calling all of them good has 94 %.

use super::error::EvaluationError;
use super::measure::{BRIER, BUDGETS, CALIBRATION, FIGURES, PR_AUC, PRECISION, RECALL, ROC_AUC};
use super::outcomes::{Outcomes, check_length, chosen, picked};
use super::resample::{Estimate, Resampling, Scorings};
use crate::text::grouped;
use crate::user::UserType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The fewest edits that are damage, and that are not, for figures of a slice.
const MIN_OF_A_KIND: usize = 20;
/// The most wikis with a slice of their own.
const WIKIS: usize = 10;

/// The edits that a model is evaluated on, one element of each column for each edit.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    pub outcomes: Outcomes<'a>,
    pub user_types: &'a [UserType],
    /// The wiki of each edit, such as `enwiki`.
    pub wikis: &'a [&'a str],
}

/// The quality of the order of the scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// Area under the ROC curve; a tie counts half.
    pub roc_auc: Estimate,
    /// Average precision: Σ (recall step) · precision.
    pub pr_auc: Estimate,
}

/// The result of a review of the riskiest edits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtBudget {
    /// Share of all damage that is found.
    pub recall: Estimate,
    /// Share of damage among the reviewed edits.
    pub precision: Estimate,
}

/// The quality of the scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    #[serde(flatten)]
    pub ranking: Ranking,
    /// Mean distance of score and outcome over ten bins of equal mass. Noise within the bins alone
    /// makes it positive, and resampling adds to that, so its interval is somewhat too high.
    pub expected_calibration_error: Estimate,
    /// Mean squared distance of score and outcome; older cards have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brier: Option<Estimate>,
    /// By budget: `top_1_percent`, `top_2_percent`, `top_5_percent` of the edits.
    pub at_review_budget: BTreeMap<String, AtBudget>,
}

/// The quality of the scores of some edits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    pub rows: u64,
    /// The number of edits that were damage.
    pub damage: u64,
    /// Absent if there are too few edits of a kind.
    #[serde(flatten)]
    pub figures: Option<Figures>,
    /// Why there are no figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A model that scored only some of the rows, such as one of Wikimedia's.
#[derive(Debug, Clone, Copy)]
pub struct Partial<'a> {
    pub name: &'a str,
    /// Numbers of the rows that it scored.
    pub rows: &'a [usize],
    /// Its score of each of these rows.
    pub scores: &'a [f64],
}

/// Two models on the edits that both scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shared {
    /// The model of the card.
    #[serde(flatten)]
    pub own: Judged,
    pub baseline: Judged,
}

/// How the intervals were computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intervals {
    /// The level of confidence, in percent.
    pub percent: u32,
    /// Number of bootstrap resamples.
    pub resamples: u32,
    pub seed: u64,
    /// Whether clusters were drawn instead of single edits.
    pub clustered: bool,
}

/// The `metrics` of a card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    #[serde(flatten)]
    pub overall: Judged,
    /// By the name of each user type that occurs.
    #[serde(default)]
    pub by_user_type: BTreeMap<String, Judged>,
    /// For the ten wikis with the most rows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_wiki: BTreeMap<String, Judged>,
    /// The ranking by whether the user is anonymous, and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_anonymous_flag: Option<Ranking>,
    /// Other models on the same rows, by their version or name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baselines: BTreeMap<String, Judged>,
    /// The comparison with each [`Partial`] model, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scored_by: BTreeMap<String, Shared>,
    /// Older cards describe this in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<Intervals>,
}

/// Evaluates scores, which must be probabilities.
///
/// # Errors
/// [`EvaluationError`] if columns differ in length, a value is out of range or all labels are the
/// same. Too few rows of a kind are no error: see [`Judged::note`].
pub fn judge(
    outcomes: Outcomes<'_>,
    scores: &[f64],
    resampling: Resampling,
) -> Result<Judged, EvaluationError> {
    Ok(judge_each(outcomes, scores, &[], resampling)?.remove(0))
}

/// Evaluates a model's scores, with baselines: `others`, by name and scores, on the same rows, and
/// `partial` on some of them.
///
/// # Errors
/// As [`judge`].
pub fn evaluate(
    rows: &Rows<'_>,
    scores: &[f64],
    others: &[(&str, &[f64])],
    partial: &[Partial<'_>],
    resampling: Resampling,
) -> Result<Evaluation, EvaluationError> {
    let outcomes = rows.outcomes;
    let count = outcomes.labels.len();
    check_length("user types", count, rows.user_types.len())?;
    check_length("wikis", count, rows.wikis.len())?;
    let is_anonymous = |kind: &UserType| f64::from(u8::from(*kind == UserType::Anonymous));
    let flag: Vec<f64> = rows.user_types.iter().map(is_anonymous).collect();
    let mut compared = vec![flag.as_slice()];
    compared.extend(others.iter().map(|(_, scores)| *scores));
    let mut judged = judge_each(outcomes, scores, &compared, resampling)?;
    let names = others.iter().map(|(name, _)| (*name).to_owned());
    let baselines = names.zip(judged.split_off(2)).collect();
    let flag = judged.remove(1).figures.map(|figures| figures.ranking);
    let overall = judged.remove(0);

    let mut by_user_type = BTreeMap::new();
    for kind in UserType::ALL {
        let chosen = chosen(rows.user_types, kind);
        if !chosen.is_empty() {
            let judged = slice(outcomes, scores, &[], &chosen, resampling)?.remove(0);
            by_user_type.insert(kind.name().to_owned(), judged);
        }
    }
    let mut by_wiki = BTreeMap::new();
    for wiki in largest(rows.wikis) {
        let chosen = chosen(rows.wikis, wiki);
        let judged = slice(outcomes, scores, &[], &chosen, resampling)?.remove(0);
        by_wiki.insert(wiki.to_owned(), judged);
    }
    let mut scored_by = BTreeMap::new();
    for other in partial {
        check_length("partial scores", other.rows.len(), other.scores.len())?;
        let mut both = slice(outcomes, scores, &[other.scores], other.rows, resampling)?;
        let baseline = both.remove(1);
        let own = both.remove(0);
        scored_by.insert(other.name.to_owned(), Shared { own, baseline });
    }
    Ok(Evaluation {
        overall,
        by_user_type,
        by_wiki,
        baseline_anonymous_flag: flag,
        baselines,
        scored_by,
        intervals: Some(Intervals {
            percent: 95,
            resamples: resampling.resamples,
            seed: resampling.seed,
            clustered: outcomes.clusters.is_some(),
        }),
    })
}

/// Evaluates several scorings of the same rows, with the same draws.
fn judge_each(
    outcomes: Outcomes<'_>,
    scores: &[f64],
    others: &[&[f64]],
    resampling: Resampling,
) -> Result<Vec<Judged>, EvaluationError> {
    let scorings = Scorings::new(&outcomes, scores, others)?;
    if let Some(judged) = too_few(outcomes) {
        return Ok(vec![judged; 1 + others.len()]);
    }
    let (rows, damage) = outcomes.counts();
    let estimates = scorings.estimates(resampling)?;
    Ok(estimates
        .iter()
        .map(|estimates| Judged {
            rows: rows as u64,
            damage: damage as u64,
            figures: Some(figures(estimates)),
            note: None,
        })
        .collect())
}

/// The result without figures, if there are too few rows of a kind.
fn too_few(outcomes: Outcomes<'_>) -> Option<Judged> {
    let (rows, damage) = outcomes.counts();
    (damage.min(rows - damage) < MIN_OF_A_KIND).then(|| Judged {
        rows: rows as u64,
        damage: damage as u64,
        figures: None,
        note: Some(format!(
            "{} of {} edits are damage: figures need {MIN_OF_A_KIND} that are and \
             {MIN_OF_A_KIND} that are not",
            grouped(damage as u64),
            grouped(rows as u64)
        )),
    })
}

fn figures(estimates: &[Estimate; FIGURES]) -> Figures {
    let at_budget = |at: usize| AtBudget {
        recall: estimates[RECALL + at],
        precision: estimates[PRECISION + at],
    };
    Figures {
        ranking: Ranking {
            roc_auc: estimates[ROC_AUC],
            pr_auc: estimates[PR_AUC],
        },
        expected_calibration_error: estimates[CALIBRATION],
        brier: Some(estimates[BRIER]),
        at_review_budget: BUDGETS
            .iter()
            .enumerate()
            .map(|(at, percent)| (format!("top_{percent}_percent"), at_budget(at)))
            .collect(),
    }
}

/// Evaluates `scores` on some of the rows, and `others`, which have an element for each of these rows.
fn slice(
    outcomes: Outcomes<'_>,
    scores: &[f64],
    others: &[&[f64]],
    rows: &[usize],
    resampling: Resampling,
) -> Result<Vec<Judged>, EvaluationError> {
    outcomes.of_rows(rows, |outcomes| {
        // Checked first, as a slice may have rows of one kind only, which is no error.
        match too_few(outcomes) {
            Some(judged) => Ok(vec![judged; 1 + others.len()]),
            None => judge_each(outcomes, &picked(scores, rows), others, resampling),
        }
    })
}

/// The wikis with the most rows; of equal ones the first by name.
pub(super) fn largest<'a>(wikis: &[&'a str]) -> Vec<&'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for wiki in wikis {
        *counts.entry(wiki).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    counts.truncate(WIKIS);
    counts.into_iter().map(|(wiki, _)| wiki).collect()
}
