//! What can go wrong with Kafka, with what it was asked to do.

use std::time::Duration;

/// A failure of Kafka or on the way to it.
#[derive(Debug, thiserror::Error)]
pub enum KafkaError {
    /// No broker of the cluster answered.
    #[error("no Kafka broker answers at {bootstrap}: {reason}")]
    Unreachable {
        /// The address asked, `host:port` or several with commas.
        bootstrap: String,
        /// What the attempt to connect said.
        reason: String,
    },
    /// The broker does not take the password.
    #[error("Kafka at {bootstrap} does not take the password of {user}")]
    Account { bootstrap: String, user: String },
    /// This program was built without what TLS and SCRAM need.
    #[error("this program was built without TLS and SCRAM for Kafka, which {bootstrap} asks for")]
    WithoutTls { bootstrap: String },
    /// The topic does not exist, or was deleted while it was read.
    #[error("Kafka has no topic `{topic}`")]
    NoTopic { topic: String },
    /// The broker answers, but does not do it in time.
    #[error("Kafka at {bootstrap} did not {what} within {} s", .within.as_secs())]
    TimedOut {
        bootstrap: String,
        /// What was asked, after "did not".
        what: String,
        /// How long it was waited for.
        within: Duration,
    },
    /// The broker, or librdkafka, said no.
    #[error("Kafka did not {what}: {reason}")]
    Refused {
        /// What was asked, after "did not".
        what: String,
        reason: String,
    },
}

impl KafkaError {
    /// A refusal to `what`, from a librdkafka error.
    pub(super) fn refused(what: impl Into<String>, reason: impl ToString) -> Self {
        Self::Refused {
            what: what.into(),
            reason: reason.to_string(),
        }
    }
}
