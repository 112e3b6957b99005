//! Kubernetes: what of a set of objects a cluster has, making it have the rest, waiting until it
//! runs, and what is seen of it while it does. Everything is server-side apply under the field
//! manager `wikisentry`; the cluster's own answers are passed on as they are.
//!
//! The API is reached through the crate `kube`. Nothing that lacks the labels of the scope is
//! removed.

mod apply;
mod body;
mod conflict;
mod connect;
mod differences;
mod error;
mod failure;
mod kinds;
mod logs;
mod namespaces;
mod objects;
mod observe;
mod plan;
mod proxy;
mod prune;
mod quantity;
mod readiness;
mod reason;
mod request;
mod rights;
mod room;
mod secrets;
mod set;
mod snapshot;
mod usage;
mod wait;
mod workload;

pub use connect::{Kube, KubeContext};
pub use error::KubeError;
pub use failure::{WaitOutcome, WorkloadFailure};
pub use logs::PodLogRequest;
pub use observe::{PodStatus, Termination};
pub use proxy::{Proxied, ProxyTarget};
pub use reason::Reason;
pub use rights::Right;
pub use room::Room;
pub use secrets::SecretValues;
pub use set::{ApplyOptions, ObjectSet};
pub use workload::{Workload, WorkloadKind};

/// The name under which fields are owned in the cluster.
pub const FIELD_MANAGER: &str = "wikisentry";
