//! The settings of the learning loop. The defaults and their documentation stand in
//! `src/config/defaults.toml`, nowhere else.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// When and how the model is retrained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearningSettings {
    /// How often the model is retrained while the platform runs; 0 for only when asked.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub every: Duration,
    /// Newly matured damage without which a scheduled retraining does not begin to train.
    pub min_new_labels: u64,
    /// How much of the stream's time passes before the label of an edit counts.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub maturity: Duration,
    /// Rows to train on, at most; beyond, good edits are left out at random.
    pub max_rows: u64,
    /// Threads that grow trees; any number gives the same model.
    pub threads: usize,
    /// Seed of all chance: the same data gives the same model.
    pub seed: u64,
}
