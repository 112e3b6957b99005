//! The population stability index (PSI), and the distribution of a model's scores that others are
//! compared with. One definition for live alerts and for reports; when to look, and what to do
//! about a change, is decided elsewhere.

use serde::{Deserialize, Serialize};

/// Bins of a reference, by its quantiles.
const BINS: usize = 10;
/// More bins than this are no summary; their numbers fit a byte.
const MAX_BINS: usize = 256;

/// How the scores of a model are expected to be distributed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct ScoreReference {
    /// Upper bounds of all bins but the last, ascending; a score on a bound is below it.
    bounds: Vec<f64>,
    /// Share of the reference in each bin.
    shares: Vec<f64>,
}

impl ScoreReference {
    /// A reference from scores: ten bins of equal shares, fewer and unequal where scores are
    /// equal. `None` without finite scores.
    pub fn from_scores(scores: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = scores.iter().copied().filter(|s| s.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        if sorted.is_empty() {
            return None;
        }
        let bounds = deciles(&sorted);
        let mut counts = vec![0_u64; bounds.len() + 1];
        for score in &sorted {
            counts[bin(&bounds, *score)] += 1;
        }
        Some(Self::new(bounds, &counts))
    }

    /// A reference from a histogram of equally wide bins over 0 to 1, such as that of the scores
    /// in training. Neighbouring bins are joined until each holds about a tenth. `None` if empty.
    pub fn from_histogram(histogram: &[u64]) -> Option<Self> {
        let total: u64 = histogram.iter().sum();
        if total == 0 {
            return None;
        }
        let width = 1.0 / histogram.len() as f64;
        let (mut bounds, mut counts) = (Vec::new(), vec![0_u64]);
        let mut seen = 0;
        for (position, count) in histogram.iter().enumerate() {
            seen += count;
            let bins = counts.len() as u64;
            if let Some(last) = counts.last_mut() {
                *last += count;
                let is_full = *last > 0 && seen * BINS as u64 >= total * bins;
                if is_full && position + 1 < histogram.len() {
                    bounds.push((position + 1) as f64 * width);
                    counts.push(0);
                }
            }
        }
        Some(Self::new(bounds, &counts))
    }

    /// Upper bounds of all bins but the last, ascending.
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// Share of the reference in each bin; none is 0.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    fn new(bounds: Vec<f64>, counts: &[u64]) -> Self {
        let shares = smoothed_shares(counts);
        Self { bounds, shares }
    }
}

/// A reference as a card gives it.
#[derive(Deserialize)]
struct Unchecked {
    bounds: Vec<f64>,
    shares: Vec<f64>,
}

impl TryFrom<Unchecked> for ScoreReference {
    type Error = InvalidReference;

    fn try_from(read: Unchecked) -> Result<Self, InvalidReference> {
        check(&read.bounds, &read.shares, 1)?;
        Ok(Self {
            bounds: read.bounds,
            shares: read.shares,
        })
    }
}

/// A reference that no distribution can be compared with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    /// Bounds out of order, or not finite.
    #[error("the bounds of bins must be finite and ascend")]
    Bounds,
    /// Not one share for each bin, or too many bins.
    #[error("{bounds} bounds and {shares} shares: expected {expected} shares, at most {MAX_BINS}")]
    Count {
        /// Number of bounds.
        bounds: usize,
        /// Number of shares.
        shares: usize,
        /// How many shares the bounds call for.
        expected: usize,
    },
    /// Shares that are not above 0 or do not sum to 1.
    #[error("the shares of bins must be above 0 and sum to 1")]
    Shares,
}

/// Checks bounds and shares; there are `more` shares than bounds.
pub(crate) fn check(bounds: &[f64], shares: &[f64], more: usize) -> Result<(), InvalidReference> {
    let ascend = bounds.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascend || bounds.iter().any(|bound| !bound.is_finite()) {
        return Err(InvalidReference::Bounds);
    }
    if shares.len() != bounds.len() + more || shares.len() > MAX_BINS {
        return Err(InvalidReference::Count {
            bounds: bounds.len(),
            shares: shares.len(),
            expected: bounds.len() + more,
        });
    }
    let sum: f64 = shares.iter().sum();
    if shares.iter().all(|share| *share > 0.0) && (sum - 1.0).abs() < 1e-4 {
        Ok(())
    } else {
        Err(InvalidReference::Shares)
    }
}

/// Upper bounds of ten bins of equal shares of sorted values, fewer where values are equal.
pub(crate) fn deciles<T: Copy + PartialEq>(sorted: &[T]) -> Vec<T> {
    let mut bounds: Vec<T> = (1..BINS)
        .map(|decile| sorted[(decile * sorted.len()).div_ceil(BINS).max(1) - 1])
        .collect();
    bounds.dedup();
    bounds
}

/// The bin a value falls into; one on a bound is below it.
pub(crate) fn bin<T: PartialOrd>(bounds: &[T], value: T) -> usize {
    bounds.partition_point(|bound| *bound < value)
}

/// Shares with half a score added to every bin, so that an empty one gives no infinite index.
pub(crate) fn smoothed_shares(counts: &[u64]) -> Vec<f64> {
    let total = counts.iter().sum::<u64>() as f64 + 0.5 * counts.len() as f64;
    counts.iter().map(|c| (*c as f64 + 0.5) / total).collect()
}

/// `Σ (observed − expected) · ln(observed / expected)` over the bins: 0 for equal distributions.
/// Customary reading: below 0.1 stable, above 0.25 changed (N. Siddiqi, Credit Risk Scorecards,
/// 2006). `libm` gives the same digits on every machine.
pub(crate) fn stability_index(observed: &[f64], expected: &[f64]) -> f64 {
    observed
        .iter()
        .zip(expected)
        .map(|(observed, expected)| (observed - expected) * libm::log(observed / expected))
        .sum()
}

#[cfg(test)]
mod tests;
