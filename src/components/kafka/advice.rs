//! What to do about failures of Kafka.

use crate::components::Site;
use crate::components::silent::silent;
use crate::error::{Error, ExpectedError};
use crate::text::harmless;
use wikisentry_driver::kafka::KafkaError;

/// The failure as the user sees it.
pub(super) fn of(site: &Site) -> impl Fn(KafkaError) -> Error + Copy + use<> {
    match site.is_foreign() {
        true => of_others,
        false => of_ours,
    }
}

/// Where others run it.
fn of_others(error: KafkaError) -> Error {
    let what = harmless(&error.to_string());
    match &error {
        KafkaError::Unreachable { reason, .. } => ExpectedError::not_running("Kafka does not answer")
            .because(format!("{what}: {}", harmless(reason)))
            .help(
                "are kubernetes.kafka.bootstrap, .security and .ca_file right, and is it reached from \
                 here? `wikisentry config show` shows them",
            ),
        KafkaError::Account { .. } => ExpectedError::preflight(what).help(
            "are kubernetes.kafka.user, .mechanism and the password right? `wikisentry config show` \
             shows where each comes from",
        ),
        KafkaError::WithoutTls { .. } => ExpectedError::preflight(what).help(
            "build it with them: `cargo build --release --features kafka-tls`; or name a listener that \
             takes PLAIN: `--set kubernetes.kafka.security=SASL_PLAINTEXT --set \
             kubernetes.kafka.mechanism=PLAIN`",
        ),
        KafkaError::NoTopic { .. } => ExpectedError::not_running(what)
            .help("`wikisentry up` makes the topics; `wikisentry status` shows which are there"),
        KafkaError::TimedOut { .. } => {
            ExpectedError::timed_out(what).help("see how your Kafka is; `wikisentry up` goes on")
        }
        KafkaError::Refused { .. } => ExpectedError::preflight(what).help(
            "may the user do it? docs/KUBERNETES.md has the rights; kubernetes.kafka.replication must \
             not be more than there are brokers",
        ),
    }
    .into()
}

fn of_ours(error: KafkaError) -> Error {
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
        KafkaError::Refused { .. } | KafkaError::WithoutTls { .. } => {
            ExpectedError::preflight(what)
                .help("see what it says about it: `wikisentry logs kafka`")
        }
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
        assert_eq!(of_ours(silent).exit_status(), ExitStatus::NotRunning);
    }
}
