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
    /// How far training looks back from the newest edits whose labels count.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub window: Duration,
    /// The newest part of the window, which judges candidate and champion.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub test: Duration,
    /// The part before it, which says when to stop training and makes margins probabilities.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub calibrate: Duration,
    /// Rows to train on, at most; beyond, edits are left out at random, good ones first.
    pub max_rows: u64,
    /// Rows to calibrate on, at most; beyond, edits are left out at random.
    pub calibrate_rows: u64,
    /// Rows to judge by, at most; beyond, edits are left out at random.
    pub test_rows: u64,
    /// Threads that grow trees; any number gives the same model.
    pub threads: usize,
    /// Seed of all chance: the same data gives the same model.
    pub seed: u64,
}
