//! What can go wrong with the engine and with what it is asked for.

use super::context::ContextError;
use super::failure::ServiceFailure;

/// Why the engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("no Docker engine answers: {}", join(tried))]
    Unreachable {
        /// Every address that was tried, in order, and why it is not the engine.
        tried: Vec<Attempt>,
    },
    /// It is not known which engine is meant.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// The address is of a kind that is not supported.
    #[error("the engine's address {address} is not supported: unix:// and tcp:// without TLS are")]
    Address {
        /// As given by `DOCKER_HOST` or the Docker context.
        address: String,
    },
    /// Things of the same names stand in the way: each with what to do. Nothing was changed.
    #[error("{}", .0.join("; "))]
    Refused(Vec<String>),
    /// The images of these services are not there. Nothing was changed.
    #[error("not found: {}", .0.join(", "))]
    ImagesMissing(Vec<String>),
    /// A port on the host is used by something else.
    #[error("port {port}, which {service} is to be published at, is taken{}", holder.as_ref().map(|name| format!(" by the container {name}")).unwrap_or_default())]
    PortTaken {
        /// The service that wants it.
        service: String,
        port: u16,
        /// The container that has it; `None` if it is another process.
        holder: Option<String>,
    },
    /// The engine made a container without a limit that was asked for.
    #[error("the engine did not apply {limit} to {service}: asked for {asked}, found {found}")]
    LimitNotApplied {
        service: String,
        /// The setting, such as `mem_limit`.
        limit: &'static str,
        /// What was asked for.
        asked: i64,
        /// What the engine says.
        found: i64,
    },
    /// A service did not become ready.
    #[error("{0}")]
    NotReady(Box<ServiceFailure>),
    /// The engine refused, or the connection to it failed.
    #[error("{action}: {source}")]
    Engine {
        /// What was being done, such as `start wikisentry-kafka-1`.
        action: String,
        source: bollard::errors::Error,
    },
}

/// An address at which an engine was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// With its scheme, such as `unix:///var/run/docker.sock`.
    pub address: String,
    /// Why it is not the engine: `permission denied`, `nothing listens` …
    pub problem: String,
}

impl std::fmt::Display for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.address, self.problem)
    }
}

fn join(tried: &[Attempt]) -> String {
    let tried: Vec<String> = tried.iter().map(Attempt::to_string).collect();
    tried.join("; ")
}

/// Says what was being done when the engine refused.
pub(super) trait During<T> {
    /// Turns the engine's error into ours; `action` is only called if there is one.
    fn during(self, action: impl FnOnce() -> String) -> Result<T, EngineError>;
}

impl<T> During<T> for Result<T, bollard::errors::Error> {
    fn during(self, action: impl FnOnce() -> String) -> Result<T, EngineError> {
        self.map_err(|source| EngineError::Engine {
            action: action(),
            source,
        })
    }
}

/// The HTTP status of the engine's answer, if it answered.
pub(super) fn status_of(error: &bollard::errors::Error) -> Option<u16> {
    match error {
        bollard::errors::Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// Whether the engine refused because the container is being removed already. A call that would
/// change such a container is answered with 500.
pub(super) fn is_being_removed(error: &bollard::errors::Error) -> bool {
    match error {
        bollard::errors::Error::DockerResponseServerError {
            status_code,
            message,
        } => *status_code == 409 || message.contains("marked for removal"),
        _ => false,
    }
}

/// Takes "there is no such thing" and "it is being removed" as `None`.
pub(super) fn staying<T>(
    result: Result<T, bollard::errors::Error>,
) -> Result<Option<T>, bollard::errors::Error> {
    match result {
        Err(error) if is_being_removed(&error) => Ok(None),
        result => found(result),
    }
}

/// Takes "something uses it" as `None`, and "there is no such thing" as done.
pub(crate) fn conflict<T: Default>(
    result: Result<T, bollard::errors::Error>,
) -> Result<Option<T>, bollard::errors::Error> {
    match found(result) {
        Ok(done) => Ok(Some(done.unwrap_or_default())),
        Err(error) if status_of(&error) == Some(409) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes "there is no such thing" as `None`.
pub(crate) fn found<T>(
    result: Result<T, bollard::errors::Error>,
) -> Result<Option<T>, bollard::errors::Error> {
    match result {
        Ok(thing) => Ok(Some(thing)),
        Err(error) if status_of(&error) == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}
