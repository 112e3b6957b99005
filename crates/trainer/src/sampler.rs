//! Draws a seeded sample of the rows of a training set and cuts the features into bins from it.
//! Only the sample is kept in memory.

use std::collections::HashSet;

use crate::edges::{BinEdges, MAX_BINS, cut};
use crate::error::DataError;
use crate::random::{Purpose, Stream};

/// The number of features that a node of XGBoost's evaluators can name.
const MAX_FEATURES: usize = 1 << 15;

/// How features are cut into bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// The most bins of a feature, in addition to the one of missing values, 2 to 255. Default 255.
    pub max_bins: usize,
    /// How many rows the cuts are taken from, at least 1; all rows if there are fewer. A sample
    /// takes 4 bytes a value while it is held. Default 200,000.
    pub sample_rows: usize,
    /// Decides which rows are in the sample. Default 0.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            max_bins: MAX_BINS,
            sample_rows: 200_000,
            seed: 0,
        }
    }
}

/// The first of the two passes over the rows of a training set.
#[derive(Debug)]
pub struct EdgeSampler {
    names: Vec<String>,
    sampling: Sampling,
    /// Whole rows, one after another.
    sample: Vec<f32>,
    rows: u64,
}

impl EdgeSampler {
    /// A sampler for rows with these features.
    ///
    /// # Errors
    /// [`DataError`] if the names or the numbers of `sampling` cannot be used.
    pub fn new(feature_names: Vec<String>, sampling: Sampling) -> Result<Self, DataError> {
        if feature_names.is_empty() || feature_names.len() > MAX_FEATURES {
            return Err(DataError::FeatureCount {
                found: feature_names.len(),
                max: MAX_FEATURES,
            });
        }
        let mut seen = HashSet::new();
        for name in &feature_names {
            if name.is_empty() || name.contains(['[', ']', '<']) || !seen.insert(name) {
                return Err(DataError::FeatureName { name: name.clone() });
            }
        }
        if !(2..=MAX_BINS).contains(&sampling.max_bins) {
            return Err(DataError::BinCount {
                found: sampling.max_bins,
                max: MAX_BINS,
            });
        }
        if sampling.sample_rows == 0 {
            return Err(DataError::EmptySample);
        }
        Ok(Self {
            names: feature_names,
            sampling,
            sample: Vec::new(),
            rows: 0,
        })
    }

    /// Takes any number of rows, row-major. Splitting them over calls changes nothing.
    ///
    /// # Errors
    /// [`DataError::Width`] if the values do not make up whole rows.
    pub fn push(&mut self, rows: &[f32]) -> Result<(), DataError> {
        let width = self.names.len();
        if !rows.len().is_multiple_of(width) {
            return Err(DataError::Width {
                found: rows.len(),
                features: width,
            });
        }
        let random = Stream::new(self.sampling.seed, Purpose::Sample, 0);
        for row in rows.chunks_exact(width) {
            // Reservoir sampling (Vitter's algorithm R): row n replaces one with chance size / n.
            if self.rows < self.sampling.sample_rows as u64 {
                self.sample.extend_from_slice(row);
            } else {
                let place = below(random.at(self.rows), self.rows + 1) as usize;
                if place < self.sampling.sample_rows {
                    self.sample[place * width..][..width].copy_from_slice(row);
                }
            }
            self.rows += 1;
        }
        Ok(())
    }

    /// Cuts the features into bins.
    ///
    /// # Errors
    /// [`DataError::NoRows`] if [`EdgeSampler::push`] was given none.
    pub fn finish(self) -> Result<BinEdges, DataError> {
        if self.rows == 0 {
            return Err(DataError::NoRows);
        }
        let width = self.names.len();
        let edges = (0..width)
            .map(|feature| {
                let column = self.sample.iter().skip(feature).step_by(width).copied();
                let values: Vec<f32> = column.filter(|value| !value.is_nan()).collect();
                let missing = values.len() * width < self.sample.len();
                cut(values, missing, self.sampling.max_bins)
            })
            .collect();
        Ok(BinEdges::new(self.names, edges))
    }
}

/// A number from 0 to `bound`, exclusive, from 64 random bits (Lemire's multiplication; the bias
/// is below `bound` / 2^64).
fn below(random: u64, bound: u64) -> u64 {
    ((u128::from(random) * u128::from(bound)) >> 64) as u64
}
