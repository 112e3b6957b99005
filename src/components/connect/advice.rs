//! What to do about failures of Kafka Connect.

use crate::components::silent::silent;
use crate::error::{Error, ExpectedError};
use crate::text::harmless;
use wikisentry_driver::connect::ConnectError;

/// The failure as the user sees it.
pub(super) fn of(error: ConnectError) -> Error {
    let what = harmless(&error.to_string());
    match &error {
        ConnectError::Unreachable { url, reason } => silent("Kafka Connect", url, reason),
        ConnectError::Account { .. } => ExpectedError::preflight(what)
            .because("it was started with another password, or is another's worker")
            .help(
                "start it again with the password that is kept: `wikisentry up`; or move ours: \
                 `--set connect.port=8183`",
            ),
        ConnectError::NoConnector { .. } => {
            ExpectedError::not_running(what).help("deploy it with `wikisentry up`")
        }
        ConnectError::Refused { .. } | ConnectError::Answer { .. } => {
            ExpectedError::preflight(what)
                .help("see what it says about it: `wikisentry logs connect`")
        }
    }
    .into()
}
