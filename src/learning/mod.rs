//! The learning loop as the program runs it: what a retraining notes about itself, so that others
//! can follow it, and its schedule beside a running platform.

mod attempt;
mod notes;
mod schedule;

pub use attempt::Attempt;
pub use notes::{Answer, Note, Notes, last_attempt};
pub use schedule::Schedule;

use crate::error::ExpectedError;
use wikisentry_learning::LearningError;

/// A failure as the user sees it. The champion is what it was in every case.
pub fn advise(error: &LearningError) -> ExpectedError {
    let preflight = |what: &str| ExpectedError::preflight(what);
    let failed = || preflight("the model cannot be retrained").caused_by(error);
    match error {
        LearningError::TooLittle { reason } => preflight("there is not enough to learn from yet")
            .because(reason)
            .help(
                "the live feed brings enough in some days, `wikisentry up --replay simulation --restart` \
                 at once; `wikisentry status` shows how many edits are archived",
            ),
        LearningError::Busy { .. } => ExpectedError::refused(error.to_string())
            .help("follow it with `wikisentry retrain --now`"),
        LearningError::Cancelled => ExpectedError::refused("the retraining was stopped")
            .because("the champion is what it was")
            .help("`wikisentry retrain --now` starts again"),
        LearningError::Io { .. } => failed().help("is the disk full, or the state read-only?"),
        LearningError::Lake(_) | LearningError::Table { .. } => {
            failed().help("the file can be set aside: its edits are then not learnt from")
        }
        LearningError::Registry(_) => {
            failed().help("`wikisentry models list` shows what is wrong with which version")
        }
        LearningError::Data(_)
        | LearningError::Train(_)
        | LearningError::Calibrate(_)
        | LearningError::Evaluate(_)
        | LearningError::Model(_) => {
            failed().help("the champion is what it was; more edits may help")
        }
    }
}
