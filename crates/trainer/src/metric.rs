//! How well margins predict a validation set, in one number, for early stopping. Whether a model is
//! promoted is decided elsewhere, on other edits.

use crate::binned::BinnedSet;

/// Mean logistic loss, in nats, weighted by the weights of the rows; smaller is better.
pub(crate) fn log_loss(set: &BinnedSet, margins: &[f32]) -> f64 {
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
