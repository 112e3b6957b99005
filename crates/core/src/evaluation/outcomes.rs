//! Labels of edits and how they count, and the checks of columns against them.

use super::error::EvaluationError;

/// The figures number rows in 30 bits.
const MAX_ROWS: usize = 1 << 30;

/// Labels of edits and how they count, one element for each row.
#[derive(Debug, Clone, Copy)]
pub struct Outcomes<'a> {
    /// Whether each edit was damage.
    pub labels: &'a [bool],
    /// The number of edits that each row stands for, such as `1 / rate` where negatives were
    /// down-sampled; 1 each if absent.
    pub weights: Option<&'a [f32]>,
    /// The cluster of each row, such as a hash of the user: resampling takes all rows of a cluster or
    /// none, so that many edits of one user do not count as independent. Without it each row is a
    /// cluster of its own.
    pub clusters: Option<&'a [u64]>,
}

impl Outcomes<'_> {
    /// The number of rows, and how many of them are damage.
    pub(super) fn counts(&self) -> (usize, usize) {
        let damage = self.labels.iter().filter(|label| **label).count();
        (self.labels.len(), damage)
    }

    /// Calls `with` with the outcomes of some of the rows.
    pub(super) fn of_rows<T>(&self, rows: &[usize], with: impl FnOnce(Outcomes<'_>) -> T) -> T {
        let labels = picked(self.labels, rows);
        let weights = self.weights.map(|weights| picked(weights, rows));
        let clusters = self.clusters.map(|clusters| picked(clusters, rows));
        with(Outcomes {
            labels: &labels,
            weights: weights.as_deref(),
            clusters: clusters.as_deref(),
        })
    }

    /// Checks the number of rows, the weights, and that there are rows of both kinds.
    pub(super) fn check(&self) -> Result<(), EvaluationError> {
        let (rows, damage) = self.counts();
        if rows > MAX_ROWS {
            return Err(EvaluationError::TooMany {
                rows,
                max: MAX_ROWS,
            });
        }
        if let Some(weights) = self.weights {
            check_length("weights", rows, weights.len())?;
            let sound = |weight: &f32| weight.is_finite() && *weight > 0.0;
            if let Some(row) = weights.iter().position(|weight| !sound(weight)) {
                let weight = weights[row];
                return Err(EvaluationError::Weight { row, weight });
            }
        }
        if damage == 0 || damage == rows {
            return Err(EvaluationError::OneKind { damage, rows });
        }
        Ok(())
    }
}

/// The numbers of the rows that have this value in a column.
pub(super) fn chosen<T: PartialEq>(column: &[T], value: T) -> Vec<usize> {
    (0..column.len())
        .filter(|row| column[*row] == value)
        .collect()
}

/// The elements of a column at some rows.
pub(super) fn picked<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|row| column[*row]).collect()
}

pub(super) fn check_scores(rows: usize, scores: &[f64]) -> Result<(), EvaluationError> {
    check_length("scores", rows, scores.len())?;
    match scores.iter().position(|score| !(0.0..=1.0).contains(score)) {
        Some(row) => Err(EvaluationError::Score {
            row,
            score: scores[row],
        }),
        None => Ok(()),
    }
}

pub(super) fn check_length(
    column: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), EvaluationError> {
    if expected == found {
        Ok(())
    } else {
        Err(EvaluationError::Length {
            column,
            expected,
            found,
        })
    }
}
