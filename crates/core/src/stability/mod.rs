//! The population stability index (PSI), and the reference distribution of a model's scores: one
//! definition for live alerts and for reports.

use serde::{Deserialize, Serialize};

/// Bins of a reference made here: ten of equal shares.
const BINS: usize = 10;
/// The most bins of a reference that is read; their numbers fit a byte.
const MAX_BINS: usize = 256;

/// The expected distribution of the scores of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked<f64>")]
pub struct ScoreReference {
    /// Upper bounds of all bins but the last, ascending; a bound belongs to the bin below it.
    bounds: Vec<f64>,
    /// Share of the reference in each bin.
    shares: Vec<f64>,
}

impl ScoreReference {
    /// A reference from scores: ten bins of equal shares, or fewer if many scores are equal. `None`
    /// without finite scores.
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
        let shares = smoothed_shares(&counts);
        Some(Self { bounds, shares })
    }

    /// Upper bounds of all bins but the last, ascending.
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// Share of the reference in each bin; all are above 0.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }
}

/// A reference before its checks, as a card or a file has it.
#[derive(Deserialize)]
pub(crate) struct Unchecked<T> {
    pub bounds: Vec<T>,
    pub shares: Vec<T>,
}

impl TryFrom<Unchecked<f64>> for ScoreReference {
    type Error = InvalidReference;

    fn try_from(read: Unchecked<f64>) -> Result<Self, InvalidReference> {
        check(&read.bounds, &read.shares, 1)?;
        Ok(Self {
            bounds: read.bounds,
            shares: read.shares,
        })
    }
}

/// Why a reference was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    #[error("the bounds of bins must be finite and ascend")]
    Bounds,
    #[error("{bounds} bounds and {shares} shares: expected {expected} shares, at most {MAX_BINS}")]
    Count {
        bounds: usize,
        shares: usize,
        expected: usize,
    },
    #[error("the shares of bins must be above 0 and sum to 1")]
    Shares,
}

/// Checks bounds and shares; there must be `more` shares than bounds.
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

/// The bin of a value; a bound belongs to the bin below it.
pub(crate) fn bin<T: PartialOrd>(bounds: &[T], value: T) -> usize {
    bounds.partition_point(|bound| *bound < value)
}

/// The share of each bin, with half a score added to each: an empty bin would give an infinite index.
pub(crate) fn smoothed_shares(counts: &[u64]) -> Vec<f64> {
    let total = counts.iter().sum::<u64>() as f64 + 0.5 * counts.len() as f64;
    counts.iter().map(|c| (*c as f64 + 0.5) / total).collect()
}

/// `Σ (observed − expected) · ln(observed / expected)` over the bins, 0 for equal distributions.
/// Usually read as stable below 0.1 and changed above 0.25 (N. Siddiqi, Credit Risk Scorecards, 2006).
/// `libm` gives the same digits on every machine.
pub(crate) fn stability_index(observed: &[f64], expected: &[f64]) -> f64 {
    observed
        .iter()
        .zip(expected)
        .map(|(observed, expected)| (observed - expected) * libm::log(observed / expected))
        .sum()
}

#[cfg(test)]
mod tests;
