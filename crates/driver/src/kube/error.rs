//! What can go wrong with a cluster, with what it was asked to do and what it said.

use super::failure::WorkloadFailure;
use kube::core::Status;
use std::time::Duration;

/// A failure of a cluster or on the way to it.
#[derive(Debug, thiserror::Error)]
pub enum KubeError {
    /// The kubeconfig cannot be read, or says what is not supported.
    #[error("the kubeconfig {origin} cannot be used: {reason}")]
    Config {
        /// The file, or what else it came from.
        origin: String,
        reason: String,
    },
    /// The kubeconfig has no context of that name.
    #[error("there is no Kubernetes context `{context}` in {origin}{}", listed(.known))]
    NoContext {
        context: String,
        /// The file, or what else the kubeconfig came from.
        origin: String,
        /// Contexts that there are.
        known: Vec<String>,
    },
    /// The kubeconfig chooses no context, and none was named.
    #[error("no Kubernetes context is chosen in {origin}{}", listed(.known))]
    NoCurrentContext { origin: String, known: Vec<String> },
    /// Nothing answers at the cluster's address.
    #[error("no Kubernetes answers at {url}: {reason}")]
    Unreachable {
        url: String,
        /// What the attempt to connect said.
        reason: String,
    },
    /// The server's certificate, or ours, is not valid: the cluster is another one than the
    /// kubeconfig was made for, or expired.
    #[error("the certificates of the Kubernetes at {url} do not match the kubeconfig: {reason}")]
    Certificate {
        url: String,
        /// Such as `certificate expired` or `UnknownIssuer`.
        reason: String,
    },
    /// The cluster does not know who asks: credentials that expired or belong to another cluster.
    #[error("the Kubernetes at {url} does not accept the credentials of the kubeconfig: {message}")]
    Unauthorized { url: String, message: String },
    /// The user may not do this.
    #[error("the Kubernetes user may not {what}: {message}")]
    Forbidden {
        /// What was asked, after "may not".
        what: String,
        message: String,
    },
    /// There is no such thing.
    #[error("Kubernetes has no {what}")]
    NotFound {
        /// Its kind and name.
        what: String,
    },
    /// The API did not answer, or the cluster did not do it, in time.
    #[error("Kubernetes did not {what} within {} s", .within.as_secs())]
    TimedOut {
        /// What was asked, after "did not".
        what: String,
        within: Duration,
    },
    /// The API refused a request.
    #[error("Kubernetes did not {what}: {}", .status.message)]
    Refused {
        /// What was asked, after "did not".
        what: String,
        /// Its answer; `code` is the HTTP status.
        status: Box<Status>,
    },
    /// What is wanted cannot be; each with what to do. Nothing was changed.
    #[error("{}", .0.join("; "))]
    Impossible(Vec<String>),
    /// A workload did not become ready.
    #[error("{0}")]
    NotReady(Box<WorkloadFailure>),
    /// The answer cannot be read.
    #[error("the answer of Kubernetes to `{what}` cannot be read: {reason}")]
    Answer {
        what: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn listed(contexts: &[String]) -> String {
    match contexts {
        [] => ", which has none".to_owned(),
        contexts => format!("; there is {}", contexts.join(", ")),
    }
}

impl KubeError {
    /// The API's answer, if it is that which refused.
    pub(super) fn status(&self) -> Option<&Status> {
        match self {
            Self::Refused { status, .. } => Some(status),
            _ => None,
        }
    }

    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

/// Takes "there is no such thing" as `None`.
pub(super) fn found<T>(result: Result<T, KubeError>) -> Result<Option<T>, KubeError> {
    match result {
        Ok(thing) => Ok(Some(thing)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
