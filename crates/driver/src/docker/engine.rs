//! The connection to a Docker engine.

use super::address::{Surroundings, candidates};
use super::error::{Attempt, EngineError};
use bollard::{API_DEFAULT_VERSION, Docker};
use std::time::Duration;

/// How long an engine may take to say that it is there.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a request may take to be answered: stopping a container takes its grace period.
const REQUEST_TIMEOUT_SECONDS: u64 = 300;

/// A Docker engine that answers. Clones share the connection.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(super) docker: Docker,
    address: String,
}

impl Engine {
    /// Finds the engine: `DOCKER_HOST`, else the Docker CLI's context, else the first of the usual
    /// sockets that answers.
    pub async fn connect() -> Result<Self, EngineError> {
        Self::first_of(candidates(&Surroundings::of_process())?).await
    }

    /// Whether it is known which engine is meant; asks none.
    ///
    /// # Errors
    /// [`EngineError::Context`] if it is not.
    pub fn check_choice() -> Result<(), EngineError> {
        candidates(&Surroundings::of_process())?;
        Ok(())
    }

    /// The engine at `address`, such as `unix:///var/run/docker.sock` or `tcp://127.0.0.1:2375`.
    pub async fn connect_to(address: &str) -> Result<Self, EngineError> {
        Self::first_of(vec![address.to_owned()]).await
    }

    async fn first_of(addresses: Vec<String>) -> Result<Self, EngineError> {
        let mut tried = Vec::new();
        for address in addresses {
            match Self::attempt(&address).await? {
                Ok(engine) => return Ok(engine),
                Err(problem) => tried.push(Attempt { address, problem }),
            }
        }
        Err(EngineError::Unreachable { tried })
    }

    /// The engine at `address`, or why it does not answer.
    async fn attempt(address: &str) -> Result<Result<Self, String>, EngineError> {
        let docker = match address.split_once("://") {
            Some(("unix", path)) => {
                if let Err(error) = std::fs::metadata(path) {
                    return Ok(Err(plain(&error)));
                }
                Docker::connect_with_unix(path, REQUEST_TIMEOUT_SECONDS, API_DEFAULT_VERSION)
            }
            Some(("tcp" | "http", _)) => {
                Docker::connect_with_http(address, REQUEST_TIMEOUT_SECONDS, API_DEFAULT_VERSION)
            }
            _ => {
                let address = address.to_owned();
                return Err(EngineError::Address { address });
            }
        };
        let docker = match docker {
            Ok(docker) => docker,
            Err(error) => return Ok(Err(reason(&error))),
        };
        // Requests name no version, so that an engine answers in its own; this tells bollard
        // which one that is.
        match tokio::time::timeout(PING_TIMEOUT, docker.negotiate_version()).await {
            Ok(Ok(docker)) => Ok(Ok(Self {
                docker,
                address: address.to_owned(),
            })),
            Ok(Err(error)) => Ok(Err(reason(&error))),
            Err(_) => Ok(Err(format!("no answer in {} s", PING_TIMEOUT.as_secs()))),
        }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// The client underneath, for what this module does not cover.
    pub fn client(&self) -> &Docker {
        &self.docker
    }
}

/// The innermost cause of an error, in plain words if it is a common one.
fn reason(error: &bollard::errors::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        if let Some(io) = source.downcast_ref::<std::io::Error>() {
            return plain(io);
        }
        cause = source;
    }
    cause.to_string()
}

fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such socket".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        _ => error.to_string(),
    }
}
