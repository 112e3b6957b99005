//! What to do about failures of Kafka.

use crate::components::silent::silent;
use crate::error::{Error, ExpectedError};
use crate::text::harmless;
use wikisentry_driver::kafka::KafkaError;

/// The failure as the user sees it.
pub(super) fn of(error: KafkaError) -> Error {
    let what = harmless(&error.to_string());
    match &error {
        KafkaError::Unreachable { bootstrap, reason } => silent("Kafka", bootstrap, reason),
        KafkaError::Account { .. } => ExpectedError::preflight(what)
            .because("it was started with another password, or is another's broker")
            .help(
                "start it again with the password that is kept: `wikisentry up`; or move ours: \
                 `--set kafka.sasl_port=19095`",
            ),
        KafkaError::NoTopic { .. } => ExpectedError::not_running(what)
            .help("`wikisentry up` makes the topics; `wikisentry status` shows which are there"),
        KafkaError::TimedOut { .. } => ExpectedError::timed_out(what)
            .help("see its state: `wikisentry status`, `wikisentry logs kafka`"),
        KafkaError::Refused { .. } => ExpectedError::preflight(what)
            .help("see what it says about it: `wikisentry logs kafka`"),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExitStatus;

    #[test]
    fn a_silent_broker_means_that_the_platform_does_not_run() {
        let silent = KafkaError::Unreachable {
            bootstrap: "127.0.0.1:9092".into(),
            reason: "refused".into(),
        };
        assert_eq!(of(silent).exit_status(), ExitStatus::NotRunning);
    }
}
