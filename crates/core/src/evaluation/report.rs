//! The evaluation of a model as its card shows it: overall, by user type and for the largest
//! wikis, with baselines on the same rows. Names and definitions are those of the first card.
//! Accuracy is not among them: where six edits in a hundred are damage, doing nothing has 94 %.

use super::measure::{
    BRIER, BUDGETS, CALIBRATION, FIGURES, PR_AUC, PRECISION, RECALL, ROC_AUC, check_length,
};
use super::resample::{Estimate, Resampling, Sample};
use super::{EvaluationError, Outcomes};
use crate::user::UserType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Fewer edits of a kind than this tell nothing: a slice then says so.
const MIN_OF_A_KIND: u64 = 20;
/// Wikis with a slice of their own.
const WIKIS: usize = 10;

/// Rows to evaluate on, one element each.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// Labels, weights and clusters.
    pub outcomes: Outcomes<'a>,
    /// Who made each edit.
    pub user_types: &'a [UserType],
    /// The wiki of each edit, such as `enwiki`.
    pub wikis: &'a [&'a str],
}

/// How good the ranking of some scores is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// Area under the ROC curve; a tie counts half.
    pub roc_auc: Estimate,
    /// Average precision.
    pub pr_auc: Estimate,
}

/// What a review of the riskiest edits finds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtBudget {
    /// Share of all damage that is found.
    pub recall: Estimate,
    /// Share of damage among what is reviewed.
    pub precision: Estimate,
}

/// How good scores are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The ranking.
    #[serde(flatten)]
    pub ranking: Ranking,
    /// Mean distance of score and outcome over ten bins of equal mass. Noise in the bins alone
    /// makes it positive, and resampling adds to that: its interval lies rather high.
    pub expected_calibration_error: Estimate,
    /// Mean squared distance of score and outcome; older cards have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brier: Option<Estimate>,
    /// By budget: `top_1_percent`, `top_2_percent`, `top_5_percent` of the edits.
    pub at_review_budget: BTreeMap<String, AtBudget>,
}

/// Some rows and how good scores are on them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Number of edits.
    pub rows: u64,
    /// How many of them were damage.
    pub damage: u64,
    /// The figures; absent where there are too few edits of a kind.
    #[serde(flatten)]
    pub figures: Option<Figures>,
    /// Why there are no figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What somebody else's model says of some of the rows.
#[derive(Debug, Clone, Copy)]
pub struct Partial<'a> {
    /// Its name.
    pub name: &'a str,
    /// The rows it scored.
    pub rows: &'a [usize],
    /// Its score of each of them.
    pub scores: &'a [f64],
}

/// A model on the edits that somebody else's scored too, and that one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shared {
    /// This model.
    #[serde(flatten)]
    pub own: Judged,
    /// The other.
    pub baseline: Judged,
}

/// How the intervals came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intervals {
    /// What an interval holds, in percent.
    pub percent: u32,
    /// Number of bootstrap resamples.
    pub resamples: u32,
    /// Their seed.
    pub seed: u64,
    /// Whether clusters were drawn instead of single edits.
    pub clustered: bool,
}

/// How good a model is, for its card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// On all rows.
    #[serde(flatten)]
    pub overall: Judged,
    /// On the rows of each user type that occurs.
    #[serde(default)]
    pub by_user_type: BTreeMap<String, Judged>,
    /// On the ten wikis with most rows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_wiki: BTreeMap<String, Judged>,
    /// What knowing only whether the user is anonymous gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_anonymous_flag: Option<Ranking>,
    /// Other models on the same rows, by their version or name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baselines: BTreeMap<String, Judged>,
    /// Both models on the edits that another one scored, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scored_by: BTreeMap<String, Shared>,
    /// How the intervals came about; older cards say it in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<Intervals>,
}

/// The figures of some scores, which must be probabilities.
///
/// # Errors
/// [`EvaluationError`] if columns differ in length, a value is out of range or all labels are the
/// same. Few rows of a kind are no error: see [`Judged::note`].
pub fn judge(
    outcomes: Outcomes<'_>,
    scores: &[f64],
    resampling: Resampling,
) -> Result<Judged, EvaluationError> {
    Ok(judge_each(outcomes, scores, &[], resampling)?.remove(0))
}

/// Evaluates a model's scores, and beside them `others` on the same rows, name and scores, and
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
    let mut beside = vec![flag.as_slice()];
    beside.extend(others.iter().map(|(_, scores)| *scores));
    let mut judged = judge_each(outcomes, scores, &beside, resampling)?;
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

/// The same rows under several scorings, drawn together.
fn judge_each(
    outcomes: Outcomes<'_>,
    scores: &[f64],
    others: &[&[f64]],
    resampling: Resampling,
) -> Result<Vec<Judged>, EvaluationError> {
    let sample = Sample::new(&outcomes, scores, others)?;
    if let Some(judged) = too_few(outcomes.labels) {
        return Ok(vec![judged; 1 + others.len()]);
    }
    let (rows, damage) = counts(outcomes.labels);
    let estimates = sample.estimates(resampling)?;
    Ok(estimates
        .iter()
        .map(|estimates| Judged {
            rows,
            damage,
            figures: Some(figures(estimates)),
            note: None,
        })
        .collect())
}

/// All rows, and how many of them are damage.
fn counts(labels: &[bool]) -> (u64, u64) {
    let damage = labels.iter().filter(|label| **label).count();
    (labels.len() as u64, damage as u64)
}

/// What is said of so few rows that they give no figures.
fn too_few(labels: &[bool]) -> Option<Judged> {
    let (rows, damage) = counts(labels);
    (damage.min(rows - damage) < MIN_OF_A_KIND).then(|| Judged {
        rows,
        damage,
        figures: None,
        note: Some(format!(
            "{damage} of {rows} edits are damage: figures need {MIN_OF_A_KIND} that are and \
             {MIN_OF_A_KIND} that are not"
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

/// The rows at which a column has a value.
pub(super) fn chosen<T: PartialEq>(column: &[T], value: T) -> Vec<usize> {
    (0..column.len())
        .filter(|row| column[*row] == value)
        .collect()
}

/// Some elements of a column.
pub(super) fn picked<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|row| column[*row]).collect()
}

/// Some of the rows under these scores and, drawn together, under those that `others` gave them.
fn slice(
    outcomes: Outcomes<'_>,
    scores: &[f64],
    others: &[&[f64]],
    rows: &[usize],
    resampling: Resampling,
) -> Result<Vec<Judged>, EvaluationError> {
    let labels = picked(outcomes.labels, rows);
    // Asked before: a slice may well hold rows of one kind alone.
    if let Some(judged) = too_few(&labels) {
        return Ok(vec![judged; 1 + others.len()]);
    }
    let weights = outcomes.weights.map(|weights| picked(weights, rows));
    let clusters = outcomes.clusters.map(|clusters| picked(clusters, rows));
    let outcomes = Outcomes {
        labels: &labels,
        weights: weights.as_deref(),
        clusters: clusters.as_deref(),
    };
    judge_each(outcomes, &picked(scores, rows), others, resampling)
}

/// The wikis with most rows, by name where they have as many.
fn largest<'a>(wikis: &[&'a str]) -> Vec<&'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for wiki in wikis {
        *counts.entry(wiki).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    counts.truncate(WIKIS);
    counts.into_iter().map(|(wiki, _)| wiki).collect()
}
