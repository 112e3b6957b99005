//! Whether edits are still like those of training: the population stability index of each feature and
//! of the score against a reference. The reference is a file of about 20 KB next to the card, which
//! itself has the reference of the scores. Alerts on live scores are in `anomaly`.

use super::error::EvaluationError;
use super::outcomes::check_length;
use crate::stability::{
    InvalidReference, ScoreReference, Unchecked, bin, check, deciles, smoothed_shares,
    stability_index,
};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;

/// The distribution of a feature in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked<f32>")]
pub struct FeatureReference {
    /// Upper bounds of all bins of values but the last, ascending; a bound belongs to the bin below it.
    bounds: Vec<f32>,
    /// Share of the rows in each bin; the last one is that of missing values.
    shares: Vec<f32>,
}

impl TryFrom<Unchecked<f32>> for FeatureReference {
    type Error = InvalidReference;

    fn try_from(read: Unchecked<f32>) -> Result<Self, InvalidReference> {
        let wide = |values: &[f32]| -> Vec<f64> { values.iter().copied().map(f64::from).collect() };
        check(&wide(&read.bounds), &wide(&read.shares), 2)?;
        Ok(Self {
            bounds: read.bounds,
            shares: read.shares,
        })
    }
}

impl FeatureReference {
    fn new(values: impl Iterator<Item = f32> + Clone) -> Self {
        // Infinite values count in the first and the last bin, but are never a bound.
        let mut sorted: Vec<f32> = values.clone().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f32::total_cmp);
        let bounds = if sorted.is_empty() {
            Vec::new()
        } else {
            deciles(&sorted)
        };
        let mut counts = vec![0; bounds.len() + 2];
        for value in values {
            counts[bin_of(&bounds, value)] += 1;
        }
        let shares = smoothed_shares(&counts).iter().map(|s| *s as f32).collect();
        Self { bounds, shares }
    }
}

/// The bin of a value; missing values have the last bin.
fn bin_of(bounds: &[f32], value: f32) -> usize {
    if value.is_nan() {
        bounds.len() + 1
    } else {
        bin(bounds, value)
    }
}

/// The distributions of features and scores in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftReference {
    /// Number of rows that it was made from.
    pub rows: u64,
    pub score: ScoreReference,
    /// In the order of a row.
    pub features: Vec<FeatureReference>,
}

impl DriftReference {
    /// A reference from rows that follow each other in `rows` and their scores. Each feature is sorted,
    /// so a random sample of some ten thousand rows is enough.
    ///
    /// # Errors
    /// [`EvaluationError`] if there is not the same number of values for each score, or no finite score.
    pub fn from_rows(rows: &[f32], scores: &[f64]) -> Result<Self, EvaluationError> {
        let count = scores.len();
        let width = rows.len().checked_div(count).unwrap_or(0);
        check_length("values of rows", width * count, rows.len())?;
        let score = ScoreReference::from_scores(scores).ok_or(EvaluationError::NoScores)?;
        let column = |at: usize| rows[at..].iter().step_by(width).copied();
        Ok(Self {
            rows: count as u64,
            score,
            features: (0..width)
                .map(|at| FeatureReference::new(column(at)))
                .collect(),
        })
    }
}

/// Counts of rows by the bins of a reference, which is borrowed or shared.
#[derive(Debug, Clone)]
pub struct DriftCounts<R> {
    reference: R,
    rows: u64,
    score: Vec<u64>,
    features: Vec<Vec<u64>>,
}

impl<R: Borrow<DriftReference>> DriftCounts<R> {
    pub fn new(reference: R) -> Self {
        let known: &DriftReference = reference.borrow();
        let of = |feature: &FeatureReference| vec![0; feature.shares.len()];
        Self {
            rows: 0,
            score: vec![0; known.score.shares().len()],
            features: known.features.iter().map(of).collect(),
            reference,
        }
    }

    /// Number of rows counted so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Counts a row and its score; a score that is not finite is left out.
    ///
    /// # Panics
    /// If the row does not have one value for each feature of the reference.
    pub fn add(&mut self, row: &[f32], score: f64) {
        assert_eq!(row.len(), self.features.len(), "width of the row");
        self.rows += 1;
        let known: &DriftReference = self.reference.borrow();
        if score.is_finite() {
            self.score[bin(known.score.bounds(), score)] += 1;
        }
        let features = known.features.iter().zip(&mut self.features);
        for ((reference, counts), value) in features.zip(row) {
            counts[bin_of(&reference.bounds, *value)] += 1;
        }
    }

    /// The index of the score and of each feature; `names` are those of the features in a row.
    pub fn report(&self, names: &[&str]) -> Drift {
        let known: &DriftReference = self.reference.borrow();
        let references = known.features.iter().zip(&self.features);
        let mut features: Vec<FeatureDrift> = references
            .zip(names)
            .map(|((reference, counts), name)| {
                let expected: Vec<f64> = reference.shares.iter().copied().map(f64::from).collect();
                let observed = smoothed_shares(counts);
                let missing = expected.len() - 1;
                FeatureDrift {
                    name: (*name).to_owned(),
                    psi: stability_index(&observed, &expected),
                    by_chance: self.by_chance(expected.len()),
                    missing: observed[missing],
                    missing_in_training: expected[missing],
                }
            })
            .collect();
        features.sort_by(|a, b| b.psi.total_cmp(&a.psi));
        let expected = known.score.shares();
        Drift {
            rows: self.rows,
            score_psi: stability_index(&smoothed_shares(&self.score), expected),
            score_by_chance: self.by_chance(expected.len()),
            features,
        }
    }

    /// The mean index of two samples of these sizes from one distribution: (bins − 1) · (1/n + 1/m), as
    /// the index is nearly a χ² statistic (B. Yurdakul, Statistical Properties of Population Stability
    /// Index, 2018).
    fn by_chance(&self, bins: usize) -> f64 {
        let inverse = |rows: u64| 1.0 / rows.max(1) as f64;
        (bins - 1) as f64 * (inverse(self.rows) + inverse(self.reference.borrow().rows))
    }
}

/// How much edits differ from those of training. An index below 0.1 is usually read as stable and one
/// above 0.25 as changed, if the index by chance is much smaller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Number of rows compared.
    pub rows: u64,
    /// The population stability index of the score.
    pub score_psi: f64,
    /// The mean index of a sample of this size by chance alone.
    pub score_by_chance: f64,
    /// All features, the most changed one first.
    pub features: Vec<FeatureDrift>,
}

/// How much one feature differs from training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureDrift {
    pub name: String,
    /// The population stability index, in which missing values have a bin of their own.
    pub psi: f64,
    /// The mean index of a sample of this size by chance alone.
    pub by_chance: f64,
    /// Share of missing values, 0 to 1.
    pub missing: f64,
    /// Share of missing values in training, 0 to 1.
    pub missing_in_training: f64,
}
