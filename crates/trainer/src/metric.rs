//! How well margins predict a validation set, in one number, for early stopping. Whether a model is
//! promoted is decided elsewhere, on other edits.

use crate::binned::BinnedSet;

/// The metric of early stopping, weighted by the weights of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Mean logistic loss, in nats; smaller is better.
    LogLoss,
    /// Average precision: the sum of precision times the gain in recall over all thresholds, rows
    /// with equal margins counted together (scikit-learn's `average_precision_score`); larger is
    /// better.
    AveragePrecision,
}

impl Metric {
    pub(crate) fn is_better(self, a: f64, b: f64) -> bool {
        match self {
            Self::LogLoss => a < b,
            Self::AveragePrecision => a > b,
        }
    }

    pub(crate) fn of(self, set: &BinnedSet, margins: &[f32]) -> f64 {
        match self {
            Self::LogLoss => log_loss(set, margins),
            Self::AveragePrecision => average_precision(set, margins),
        }
    }
}

fn log_loss(set: &BinnedSet, margins: &[f32]) -> f64 {
    let (mut loss, mut weights) = (0.0, 0.0);
    for (row, (&margin, &label)) in margins.iter().zip(set.labels()).enumerate() {
        let weight = f64::from(set.weight(row));
        // The loss is ln(1 + exp(wrong)), where `wrong` is how far the margin is on the wrong side.
        let wrong = f64::from(if label { -margin } else { margin });
        loss += weight * (wrong.max(0.0) + libm::log1p(libm::exp(-wrong.abs())));
        weights += weight;
    }
    loss / weights
}

fn average_precision(set: &BinnedSet, margins: &[f32]) -> f64 {
    let mut order: Vec<(f32, u32)> = margins.iter().copied().zip(0..).collect();
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut found, mut seen, mut area) = (0.0, 0.0, 0.0);
    for equal in order.chunk_by(|a, b| a.0 == b.0) {
        let before = found;
        for &(_, row) in equal {
            let weight = f64::from(set.weight(row as usize));
            seen += weight;
            if set.labels()[row as usize] {
                found += weight;
            }
        }
        if seen > 0.0 {
            area += (found - before) * found / seen;
        }
    }
    area / found
}
