//! From margins to probabilities and classes, which a card needs before its model can score. They are
//! fitted on rows that the model was not trained on.

use super::error::EvaluationError;
use super::outcomes::check_length;
use super::resample::quantile;
use crate::model::{Calibration, Class};

/// The most steps of Newton's method; a fit that needs more counts as diverged.
const MAX_STEPS: u32 = 100;

/// Why a model cannot be calibrated or divided into classes.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CalibrateError {
    #[error(transparent)]
    Rows(#[from] EvaluationError),
    #[error("row {row}: the margin {margin} is not finite")]
    Margin {
        /// Number of the row, from 0.
        row: usize,
        margin: f64,
    },
    #[error("{kept} of the negatives kept: expected above 0, at most 1")]
    Rate { kept: f64 },
    /// Higher margins do not mean more damage, or all margins are the same.
    #[error("damage does not grow with the margin (slope {slope}): nothing to calibrate")]
    Slope { slope: f64 },
    /// Newton's method did not converge; the values are those of its last step.
    #[error("the calibration did not converge: slope {slope}, intercept {intercept}")]
    Diverged { slope: f64, intercept: f64 },
    /// The scores are too similar to be divided into the classes.
    #[error("class \"{name}\" would begin at {min_score}, which is not below the class above it")]
    Class { name: String, min_score: f64 },
}

/// Fits a sigmoid to margins: Platt, "Probabilistic outputs for support vector machines" (1999),
/// with his smoothed targets (N₊+1)/(N₊+2) and 1/(N₋+2), by the Newton steps with backtracking of
/// Lin, Lin and Weng, "A note on Platt's probabilistic outputs" (2007).
///
/// `negatives_kept` is the share of good edits that down-sampling kept, 1 without it. Down-sampling
/// multiplies the odds of damage by `1 / negatives_kept`; its logarithm is subtracted from the
/// intercept, so that scores are probabilities for the feed.
///
/// # Errors
/// [`CalibrateError`] if the rows are refused or no rising sigmoid fits them.
pub fn platt(
    margins: &[f64],
    labels: &[bool],
    negatives_kept: f64,
) -> Result<Calibration, CalibrateError> {
    check_length("margins", labels.len(), margins.len())?;
    if let Some(row) = margins.iter().position(|margin| !margin.is_finite()) {
        let margin = margins[row];
        return Err(CalibrateError::Margin { row, margin });
    }
    if !(negatives_kept > 0.0 && negatives_kept <= 1.0) {
        return Err(CalibrateError::Rate {
            kept: negatives_kept,
        });
    }
    let damage = labels.iter().filter(|label| **label).count();
    if damage == 0 || damage == labels.len() {
        return Err(CalibrateError::Rows(EvaluationError::OneKind {
            damage,
            rows: labels.len(),
        }));
    }
    let (slope, intercept) = Sigmoid::new(margins, labels, damage).fit()?;
    if slope > 0.0 {
        Ok(Calibration::Platt {
            slope,
            intercept: intercept + libm::log(negatives_kept),
        })
    } else {
        Err(CalibrateError::Slope { slope })
    }
}

/// The fit of a sigmoid to rows.
struct Sigmoid<'a> {
    margins: &'a [f64],
    labels: &'a [bool],
    /// The smoothed targets of good edits and of damage.
    targets: [f64; 2],
}

impl<'a> Sigmoid<'a> {
    fn new(margins: &'a [f64], labels: &'a [bool], damage: usize) -> Self {
        let damage = damage as f64;
        let rest = labels.len() as f64 - damage;
        Self {
            margins,
            labels,
            targets: [1.0 / (rest + 2.0), (damage + 1.0) / (damage + 2.0)],
        }
    }

    fn rows(&self) -> impl Iterator<Item = (f64, f64)> {
        let target = |label: &bool| self.targets[usize::from(*label)];
        let targets = self.labels.iter().map(target);
        self.margins.iter().copied().zip(targets)
    }

    /// Negative log-likelihood, in a form that does not overflow.
    fn loss(&self, slope: f64, intercept: f64) -> f64 {
        self.rows()
            .map(|(margin, target)| {
                let z = slope * margin + intercept;
                let softplus = z.max(0.0) + libm::log1p(libm::exp(-z.abs()));
                softplus - target * z
            })
            .sum()
    }

    fn fit(&self) -> Result<(f64, f64), CalibrateError> {
        let odds = self.targets_mean();
        let (mut slope, mut intercept) = (0.0, libm::log(odds / (1.0 - odds)));
        let mut loss = self.loss(slope, intercept);
        let rows = self.margins.len() as f64;
        for _ in 0..MAX_STEPS {
            let [a, b, aa, ab, bb] = self.derivatives(slope, intercept);
            if a.abs().max(b.abs()) < 1e-10 * rows {
                return Ok((slope, intercept));
            }
            // A small amount on the diagonal: with equal margins it would be singular.
            let (aa, bb) = (aa + 1e-12, bb + 1e-12);
            let determinant = aa * bb - ab * ab;
            let step = [
                -(bb * a - ab * b) / determinant,
                -(aa * b - ab * a) / determinant,
            ];
            let descent = a * step[0] + b * step[1];
            let next = self.backtrack((slope, intercept), step, descent, loss);
            if let Some((next, next_loss)) = next {
                (slope, intercept) = next;
                loss = next_loss;
            } else if a.abs().max(b.abs()) < 1e-5 * rows {
                // No step improves it: the minimum, within the rounding of sums over so many rows.
                return Ok((slope, intercept));
            } else {
                break;
            }
        }
        Err(CalibrateError::Diverged { slope, intercept })
    }

    /// The next point and its loss: the step, halved until the loss falls by enough. `None` if it
    /// does not for any size. `descent` is the derivative along the whole step.
    fn backtrack(
        &self,
        (slope, intercept): (f64, f64),
        step: [f64; 2],
        descent: f64,
        loss: f64,
    ) -> Option<((f64, f64), f64)> {
        let mut size = 1.0;
        while size >= 1e-10 {
            let next = (slope + size * step[0], intercept + size * step[1]);
            let next_loss = self.loss(next.0, next.1);
            if next_loss < loss + 1e-4 * size * descent {
                return Some((next, next_loss));
            }
            size /= 2.0;
        }
        None
    }

    fn targets_mean(&self) -> f64 {
        self.rows().map(|(_, target)| target).sum::<f64>() / self.margins.len() as f64
    }

    /// The gradient by slope and intercept, then the second derivatives: `[a, b, aa, ab, bb]`.
    fn derivatives(&self, slope: f64, intercept: f64) -> [f64; 5] {
        let mut sums = [0.0; 5];
        for (margin, target) in self.rows() {
            let p = 1.0 / (1.0 + libm::exp(-(slope * margin + intercept)));
            let (error, curve) = (p - target, p * (1.0 - p));
            sums[0] += error * margin;
            sums[1] += error;
            sums[2] += curve * margin * margin;
            sums[3] += curve * margin;
            sums[4] += curve;
        }
        sums
    }
}

/// Classes by the share of edits that each is to have, riskiest first; the rest is the last class,
/// which starts at 0. Thresholds are quantiles of `scores` rounded to four digits. The scores must be
/// calibrated and of edits as they come in the feed, without down-sampling.
///
/// # Errors
/// [`CalibrateError::Class`] if the scores are too similar to be divided into the classes.
pub fn classes(
    scores: &[f64],
    shares: &[(&str, f64)],
    last: &str,
) -> Result<Vec<Class>, CalibrateError> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut classes: Vec<Class> = Vec::with_capacity(shares.len() + 1);
    let mut above = 0.0;
    for (name, share) in shares {
        above += share;
        let threshold = quantile(&sorted, (1.0 - above).clamp(0.0, 1.0));
        let min_score = (threshold * 1e4).round() / 1e4;
        let below = classes.last().map_or(1.0, |class| class.min_score);
        let descends = min_score < below || classes.is_empty() && min_score == 1.0;
        if !(descends && min_score > 0.0) {
            return Err(CalibrateError::Class {
                name: (*name).to_owned(),
                min_score,
            });
        }
        classes.push(Class {
            name: (*name).to_owned(),
            min_score,
        });
    }
    classes.push(Class {
        name: last.to_owned(),
        min_score: 0.0,
    });
    Ok(classes)
}
