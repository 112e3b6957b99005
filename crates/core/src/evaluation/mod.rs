//! How good a model is, said with its uncertainty: ranking, calibration and what a review budget
//! finds, by user type and wiki, beside baselines; whether a candidate may replace the champion;
//! whether the edits are still those it learnt from. It neither trains nor scores nor labels:
//! scores and matured labels come in, figures and verdicts go out.

pub mod calibrate;
pub mod drift;
mod error;
mod measure;
pub mod promotion;
mod report;
mod resample;
#[cfg(test)]
mod tests;

pub use error::EvaluationError;
pub use report::{
    AtBudget, Evaluation, Figures, Intervals, Judged, Partial, Ranking, Rows, Shared, evaluate,
    judge,
};
pub use resample::{Estimate, Resampling};

/// Labels of edits and how they count.
#[derive(Debug, Clone, Copy)]
pub struct Outcomes<'a> {
    /// Whether each edit was damage.
    pub labels: &'a [bool],
    /// For how many edits each row stands, such as `1 / rate` where negatives were down-sampled;
    /// 1 each if absent.
    pub weights: Option<&'a [f32]>,
    /// What belongs together, such as a hash of the user: resampling takes all rows of a cluster
    /// or none, so that one user's many edits do not feign certainty. Each row alone if absent.
    pub clusters: Option<&'a [u64]>,
}
