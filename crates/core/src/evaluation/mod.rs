//! How good a model is, with its uncertainty: ranking, calibration and what a review budget finds, by
//! user type and wiki, with baselines; whether a candidate may replace the champion; whether edits
//! are still like those of training. It takes scores and matured labels; nothing is trained, scored
//! or labelled here.

pub mod calibrate;
pub mod drift;
mod error;
mod measure;
mod outcomes;
pub mod promotion;
mod report;
mod resample;
mod slices;
#[cfg(test)]
mod tests;

pub use error::EvaluationError;
pub use outcomes::Outcomes;
pub use report::{
    AtBudget, Evaluation, Figures, Intervals, Judged, Partial, Ranking, Rows, Shared, evaluate,
    judge,
};
pub use resample::{Estimate, Resampling};
