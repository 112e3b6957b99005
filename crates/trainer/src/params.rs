//! The parameters of a training and their defaults. Names and meanings are XGBoost's.

use crate::error::TrainError;

/// The deepest tree: the histograms of its widest level are held at the same time, 4 KB a feature
/// and node, 80 MB for 40 features.
const MAX_DEPTH: usize = 10;

/// Each has the range and the default that its comment gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// How many trees are grown, at least 1; fewer if training stops early. Default 300.
    pub trees: usize,
    /// What each tree's leaves are multiplied by, above 0 and at most 1. Default 0.1.
    pub learning_rate: f32,
    /// Splits between the root and a leaf, 1 to 10. Default 6.
    pub max_depth: usize,
    /// The least sum of second derivatives, `w p (1 - p)`, on either side of a split. Default 1.
    pub min_child_weight: f64,
    /// L2 regularization of leaves. Default 1.
    pub lambda: f64,
    /// The least gain of a split. Default 0.
    pub gamma: f64,
    /// Chance of a row to take part in growing a tree, above 0 and at most 1. Default 1.
    pub subsample: f64,
    /// Share of the features, rounded up, that a tree may split on, above 0 and at most 1.
    /// Default 1. Fewer features do not make training faster.
    pub colsample: f64,
    /// When to stop before the last tree; needs a validation set. Default: never.
    pub early_stopping: Option<EarlyStopping>,
    /// Decides which rows and features a tree sees and how gradients are rounded. The same
    /// data, parameters and seed give the same model to the bit. Default 0.
    pub seed: u64,
    /// How many threads work, at least 1; the model does not depend on it. Default 1.
    pub threads: usize,
}

/// Stops when the log loss of the validation set no longer falls, and keeps the trees up to the best
/// one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyStopping {
    /// How many trees in a row may fail to lower it, at least 1.
    pub rounds: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            trees: 300,
            learning_rate: 0.1,
            max_depth: 6,
            min_child_weight: 1.0,
            lambda: 1.0,
            gamma: 0.0,
            subsample: 1.0,
            colsample: 1.0,
            early_stopping: None,
            seed: 0,
            threads: 1,
        }
    }
}

impl Params {
    /// # Errors
    /// [`TrainError::Param`] names the first one out of its range.
    pub(crate) fn check(&self) -> Result<(), TrainError> {
        let rounds = self.early_stopping.map_or(1, |stop| stop.rounds);
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let amount = |value: f64| value >= 0.0 && value.is_finite();
        let rate = f64::from(self.learning_rate);
        let at_least_one = "it must be at least 1";
        let (part, not_negative) = (
            "it must be above 0 and at most 1",
            "it must not be negative",
        );
        let checks = [
            ("trees", self.trees as f64, self.trees >= 1, at_least_one),
            ("learning_rate", rate, share(rate), part),
            (
                "max_depth",
                self.max_depth as f64,
                (1..=MAX_DEPTH).contains(&self.max_depth),
                "it must be 1 to 10",
            ),
            (
                "min_child_weight",
                self.min_child_weight,
                amount(self.min_child_weight),
                not_negative,
            ),
            ("lambda", self.lambda, amount(self.lambda), not_negative),
            ("gamma", self.gamma, amount(self.gamma), not_negative),
            ("subsample", self.subsample, share(self.subsample), part),
            ("colsample", self.colsample, share(self.colsample), part),
            (
                "early_stopping.rounds",
                rounds as f64,
                rounds >= 1,
                at_least_one,
            ),
            (
                "threads",
                self.threads as f64,
                self.threads >= 1,
                at_least_one,
            ),
        ];
        for (name, value, sound, expected) in checks {
            if !sound {
                return Err(TrainError::Param {
                    name,
                    value,
                    expected,
                });
            }
        }
        Ok(())
    }
}
