//! What to do about failures of Kafka Connect.

use crate::components::silent::silent;
use crate::error::{Error, ExitStatus, ExpectedError};
use crate::text::harmless;
use wikisentry_driver::connect::ConnectError;

/// The failure as the user sees it.
pub(super) fn explained(error: ConnectError) -> Error {
    let what = harmless(&error.to_string());
    match &error {
        ConnectError::Unreachable { url, reason } => silent("Kafka Connect", url, reason),
        ConnectError::NoConnector { .. } => {
            ExpectedError::new(ExitStatus::NotRunning, what).help("deploy it with `wikisentry up`")
        }
        ConnectError::Refused { .. } | ConnectError::Answer { .. } => {
            ExpectedError::new(ExitStatus::Preflight, what)
                .help("see what it says about it: `wikisentry logs connect`")
        }
    }
    .into()
}
