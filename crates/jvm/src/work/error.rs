//! Why something is refused: the message of the exception that Java sees.

use wikisentry_core::anomaly::{DamagedState, InvalidRule};
use wikisentry_core::model::version::VersionError;
use wikisentry_lake::LakeError;
use wikisentry_lake::registry::RegistryError;

/// Why something is refused.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    #[error("the model cannot be used: {0}")]
    Model(#[from] VersionError),
    /// The model inside the library does not fit it.
    #[error("{0}")]
    Bootstrap(#[from] RegistryError),
    /// Bytes that [`classify`](super::classify::classify) did not make.
    #[error("not a classified edit: {0}")]
    Envelope(String),
    /// Bytes that [`keep`](super::facts::keep) did not make.
    #[error("not a fact: {0}")]
    Fact(String),
    #[error("there is no kind of fact {0}")]
    FactKind(i32),
    /// Bytes between two detectors that neither of them made.
    #[error("not a message between detectors: {0}")]
    Message(String),
    #[error("the rules of alerts are not what they must be: {0}")]
    RulesJson(serde_json::Error),
    #[error("the rules of alerts: {0}")]
    Rules(#[from] InvalidRule),
    #[error(
        "the state of {what} is of version {found}, but this library reads versions up to \
         {newest}: restore it with the version of WikiSentry that wrote it, or start without it"
    )]
    StateVersion {
        what: &'static str,
        found: u8,
        newest: u8,
    },
    #[error("the state of {what} is damaged: {reason}")]
    State { what: &'static str, reason: String },
    #[error(transparent)]
    FeedState(#[from] DamagedState),
    #[error("the lake: {0}")]
    Lake(#[from] LakeError),
    #[error("there is no user type {0}")]
    UserType(i32),
}
