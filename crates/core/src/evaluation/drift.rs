//! Whether edits still look as they did in training: the population stability index of each feature
//! and of the score against a reference. The reference is kept beside the card, where it takes
//! about 20 KB; the card itself carries that of the scores. Alerts on live scores are the anomalies'.

use super::EvaluationError;
use super::measure::check_length;
use crate::stability::{
    InvalidReference, ScoreReference, bin, check, deciles, smoothed_shares, stability_index,
};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;

/// How a feature was distributed in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedFeature")]
pub struct FeatureReference {
    /// Upper bounds of all bins but the last, ascending; a value on a bound is below it.
    bounds: Vec<f32>,
    /// Share of the rows in each bin; the last is that of missing values.
    shares: Vec<f32>,
}

#[derive(Deserialize)]
struct UncheckedFeature {
    bounds: Vec<f32>,
    shares: Vec<f32>,
}

impl TryFrom<UncheckedFeature> for FeatureReference {
    type Error = InvalidReference;

    fn try_from(read: UncheckedFeature) -> Result<Self, InvalidReference> {
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
        // Infinite values count, at either end, but bound no bin.
        let mut sorted: Vec<f32> = values.clone().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f32::total_cmp);
        let bounds = if sorted.is_empty() {
            Vec::new()
        } else {
            deciles(&sorted)
        };
        let mut counts = vec![0; bounds.len() + 2];
        for value in values {
            counts[place(&bounds, value)] += 1;
        }
        let shares = smoothed_shares(&counts).iter().map(|s| *s as f32).collect();
        Self { bounds, shares }
    }
}

/// The bin of a value; missing values have the last one.
fn place(bounds: &[f32], value: f32) -> usize {
    if value.is_nan() {
        bounds.len() + 1
    } else {
        bin(bounds, value)
    }
}

/// How features and scores were distributed in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftReference {
    /// Rows it was made from.
    pub rows: u64,
    /// Of the score.
    pub score: ScoreReference,
    /// Of each feature, in the order of a row.
    pub features: Vec<FeatureReference>,
}

impl DriftReference {
    /// A reference from rows laid out one after another and their scores. Each feature is sorted:
    /// some ten thousand rows drawn at random say as much as millions.
    ///
    /// # Errors
    /// If there is not the same number of values for each score, or no finite score.
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

/// Rows counted into the bins of a reference, which is borrowed or shared.
#[derive(Debug, Clone)]
pub struct DriftCounts<R> {
    reference: R,
    rows: u64,
    score: Vec<u64>,
    features: Vec<Vec<u64>>,
}

impl<R: Borrow<DriftReference>> DriftCounts<R> {
    /// No rows yet.
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

    /// Rows counted so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Counts a row and its score.
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
            counts[place(&reference.bounds, *value)] += 1;
        }
    }

    /// The index of everything, with the names of the features in the order of a row.
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

    /// What samples of these sizes from one distribution give on average: (bins − 1) · (1/n + 1/m),
    /// as the index is nearly a χ² statistic (B. Yurdakul, Statistical Properties of Population
    /// Stability Index, 2018).
    fn by_chance(&self, bins: usize) -> f64 {
        let inverse = |rows: u64| 1.0 / rows.max(1) as f64;
        (bins - 1) as f64 * (inverse(self.rows) + inverse(self.reference.borrow().rows))
    }
}

/// How far edits are from those of training. Customary reading of an index: below 0.1 stable,
/// above 0.25 changed, provided that chance alone gives much less.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Rows compared.
    pub rows: u64,
    /// Index of the score.
    pub score_psi: f64,
    /// What chance alone would give on average.
    pub score_by_chance: f64,
    /// Every feature, the most changed first.
    pub features: Vec<FeatureDrift>,
}

/// How far one feature is from that of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureDrift {
    /// Its name.
    pub name: String,
    /// Population stability index, missing values being a bin of their own.
    pub psi: f64,
    /// What chance alone would give on average.
    pub by_chance: f64,
    /// Share of missing values.
    pub missing: f64,
    /// Their share in training.
    pub missing_in_training: f64,
}
