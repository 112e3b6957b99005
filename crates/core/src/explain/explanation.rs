//! The records of an explanation, as the API and the command line give them.

use serde::{Deserialize, Serialize};

/// Whether a reason raises or lowers the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Raises,
    Lowers,
}

/// One reason for a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// A fact of the edit, such as `removed 4,210 bytes with no summary`.
    pub text: String,
    /// What the reason adds to the score, in log-odds.
    pub contribution: f64,
    /// The sign of the contribution.
    pub direction: Direction,
    /// Names of the features behind the reason. Those that act in its direction come first, the
    /// strongest of them at the front.
    pub columns: Vec<String>,
}

/// A score and the reasons for it. All numbers but the score are log-odds after calibration: `bias`,
/// the contributions and `others` sum to the log-odds of `score`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The calibrated probability of damage, 0 to 1.
    pub score: f64,
    /// The log-odds before any feature is known.
    pub bias: f64,
    /// The strongest reasons, the strongest one first.
    pub reasons: Vec<Reason>,
    /// The sum of the contributions of all other reasons.
    pub others: f64,
}
