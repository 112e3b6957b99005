//! From margins to probabilities and classes: what a card needs before a model may score.
//! Fitted on rows that the model was not trained on; how good the result is, is measured next door.

use super::EvaluationError;
use super::measure::check_length;
use super::resample::quantile;
use crate::model::{Calibration, Class};

const MAX_STEPS: u32 = 100;

/// Why a model cannot be calibrated or divided into classes.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CalibrateError {
    /// The rows do not fit.
    #[error(transparent)]
    Rows(#[from] EvaluationError),
    /// A margin that is infinite or no number.
    #[error("row {row}: the margin {margin} is not finite")]
    Margin {
        /// Number of the row, from 0.
        row: usize,
        /// The margin.
        margin: f64,
    },
    /// A sampling rate that is none.
    #[error("{kept} of the negatives kept: expected above 0, at most 1")]
    Rate {
        /// The rate given.
        kept: f64,
    },
    /// Higher margins do not mean more damage, or all margins are the same.
    #[error("damage does not grow with the margin (slope {slope}): nothing to calibrate")]
    Slope {
        /// The slope fitted.
        slope: f64,
    },
    /// Newton's method did not come to rest.
    #[error("the calibration did not converge: slope {slope}, intercept {intercept}")]
    Diverged {
        /// The last slope.
        slope: f64,
        /// The last intercept.
        intercept: f64,
    },
    /// Scores too much alike for the classes asked for.
    #[error("class \"{name}\" would begin at {min_score}, which is not below the class above it")]
    Class {
        /// Name of the class.
        name: String,
        /// Its threshold.
        min_score: f64,
    },
}

/// Fits a sigmoid to margins: Platt, "Probabilistic outputs for support vector machines" (1999),
/// with his smoothed targets (N₊+1)/(N₊+2) and 1/(N₋+2), by the Newton steps with backtracking of
/// Lin, Lin and Weng, "A note on Platt's probabilistic outputs" (2007).
///
/// `negatives_kept` is the share of good edits left in by down-sampling, 1 for all. Leaving some
/// out multiplies the odds of damage by `1 / negatives_kept`; the logarithm is taken off the
/// intercept again, so that scores are probabilities in the feed.
///
/// # Errors
/// [`CalibrateError`] if rows do not fit, or no rising sigmoid fits them.
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

/// The rows and their targets.
struct Sigmoid<'a> {
    margins: &'a [f64],
    labels: &'a [bool],
    /// Targets of good edits and of damage.
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
            // A little on the diagonal, so that equal margins do not make it singular.
            let (aa, bb) = (aa + 1e-12, bb + 1e-12);
            let determinant = aa * bb - ab * ab;
            let step = [
                -(bb * a - ab * b) / determinant,
                -(aa * b - ab * a) / determinant,
            ];
            let mut size = 1.0;
            loop {
                let next = (slope + size * step[0], intercept + size * step[1]);
                let next_loss = self.loss(next.0, next.1);
                let expected = 1e-4 * size * (a * step[0] + b * step[1]);
                if next_loss < loss + expected {
                    (slope, intercept) = next;
                    loss = next_loss;
                    break;
                }
                size /= 2.0;
                if size < 1e-10 {
                    // No step improves it: the minimum, as far as sums of so many rows tell.
                    return if a.abs().max(b.abs()) < 1e-5 * rows {
                        Ok((slope, intercept))
                    } else {
                        Err(CalibrateError::Diverged { slope, intercept })
                    };
                }
            }
        }
        Err(CalibrateError::Diverged { slope, intercept })
    }

    fn targets_mean(&self) -> f64 {
        self.rows().map(|(_, target)| target).sum::<f64>() / self.margins.len() as f64
    }

    /// Gradient by slope and intercept, then the second derivatives.
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

/// Classes by the share of edits each is to hold, riskiest first; what is left is the last class,
/// which starts at 0. Thresholds are quantiles of `scores`, calibrated scores of edits as they come
/// in the feed (not down-sampled), rounded to four digits.
///
/// # Errors
/// [`CalibrateError::Class`] if the scores are too much alike to tell the classes apart.
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
