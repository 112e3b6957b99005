//! The best split of a node, from its histogram. The gain is XGBoost's (Chen and Guestrin,
//! "XGBoost: a scalable tree boosting system", 2016, equation 7, times two, as its code has it).

use crate::edges::{BinEdges, MISSING};
use crate::gradient::{Scale, Sums};
use crate::histogram::FeatureSums;
use crate::params::Params;

/// Smaller gains are rounding noise: XGBoost's `kRtEps`.
const LEAST_GAIN: f64 = 1e-6;

/// The value of a leaf and the gain of a split, under the parameters of a training.
#[derive(Clone, Copy)]
pub(crate) struct Worth {
    steps: [f64; 2],
    lambda: f64,
    min_child_weight: f64,
    least_gain: f64,
}

/// A possible split of a node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SplitCandidate {
    pub feature: usize,
    pub bin: u8,
    pub threshold: f32,
    pub default_left: bool,
    pub gain: f64,
    pub left: Sums,
}

impl Worth {
    pub fn new(params: &Params, scale: Scale) -> Self {
        Self {
            steps: scale.steps,
            lambda: params.lambda,
            min_child_weight: params.min_child_weight,
            least_gain: params.gamma.max(LEAST_GAIN),
        }
    }

    /// The sum of second derivatives.
    pub fn hessian(&self, sums: Sums) -> f64 {
        sums[1] as f64 * self.steps[1]
    }

    /// The value of a leaf that lowers the loss the most.
    pub fn weight(&self, sums: Sums) -> f64 {
        let hessian = self.hessian(sums) + self.lambda;
        if hessian > 0.0 {
            -(sums[0] as f64 * self.steps[0]) / hessian
        } else {
            0.0
        }
    }

    /// Whether both children can reach `min_child_weight`.
    pub fn can_split(&self, sums: Sums) -> bool {
        sums[1] > 0 && self.hessian(sums) >= 2.0 * self.min_child_weight
    }

    #[inline(always)]
    fn score(&self, sums: Sums) -> f64 {
        let gradient = sums[0] as f64 * self.steps[0];
        gradient * gradient / (self.hessian(sums) + self.lambda)
    }

    #[inline(always)]
    fn is_child(&self, sums: Sums) -> bool {
        sums[1] > 0 && self.hessian(sums) >= self.min_child_weight
    }

    /// The split with the highest gain; of equal ones that of the first feature and lowest
    /// threshold. `None` if no gain reaches `gamma`.
    pub fn best(
        &self,
        total: Sums,
        histogram: &[FeatureSums],
        edges: &BinEdges,
        features: &[usize],
    ) -> Option<SplitCandidate> {
        let own = self.score(total);
        let mut best: Option<SplitCandidate> = None;
        for &feature in features {
            let column = &histogram[feature];
            let missing = column[usize::from(MISSING)];
            let sides: &[bool] = if missing == [0; 2] {
                &[false]
            } else {
                &[false, true]
            };
            let mut below = [0; 2];
            let bins = column.iter().zip(edges.edges(feature)).enumerate();
            for (bin, (sums, &threshold)) in bins {
                // An empty bin gives the same two children as the edge before. Bin 0 is tried
                // anyway: the missing values alone may go left there.
                if bin > 0 && *sums == [0; 2] {
                    continue;
                }
                below = plus(below, *sums);
                for &default_left in sides {
                    let left = if default_left {
                        plus(below, missing)
                    } else {
                        below
                    };
                    let right = minus(total, left);
                    if !self.is_child(left) || !self.is_child(right) {
                        continue;
                    }
                    let gain = self.score(left) + self.score(right) - own;
                    if gain >= self.least_gain && best.is_none_or(|best| gain > best.gain) {
                        best = Some(SplitCandidate {
                            feature,
                            bin: bin as u8,
                            threshold,
                            // Without missing values in training, they go where most rows go.
                            default_left: default_left || (sides.len() == 1 && left[1] > right[1]),
                            gain,
                            left,
                        });
                    }
                }
            }
        }
        best
    }
}

#[inline(always)]
fn plus(a: Sums, b: Sums) -> Sums {
    [a[0] + b[0], a[1] + b[1]]
}

/// Sums of the rows of `a` that are not in `b`.
#[inline(always)]
pub(crate) fn minus(a: Sums, b: Sums) -> Sums {
    [a[0] - b[0], a[1] - b[1]]
}
