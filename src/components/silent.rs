//! The failure that all components have in common: nobody answers.

use crate::error::ExpectedError;
use crate::text::harmless;

/// Nobody answers for a component at its place.
pub(super) fn silent(who: &str, place: &str, reason: &str) -> ExpectedError {
    ExpectedError::not_running(format!("{who} does not answer"))
        .because(format!("{place}: {}", harmless(reason)))
        .help("see which containers run: `wikisentry status`; start them: `wikisentry up`")
}
