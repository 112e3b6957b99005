//! A service of a compose file: what the engine needs to make its container.

mod read;

pub(super) use read::read;

use super::health::HealthCheck;
use super::mount::Mount;
use super::port::Port;
use super::scalar;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A service. Its JSON is docker compose's own, from which the config hash is made: fields are in
/// the order that docker compose froze, and absent ones are left out where Go does so.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Service {
    /// Linux capabilities taken away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cap_drop: Vec<String>,
    /// How many cores it may use; `None` is no limit.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "scalar::as_go_number"
    )]
    pub cpus: Option<f32>,
    /// Instead of the image's command.
    pub command: Option<Vec<String>>,
    /// Services it waits for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub depends_on: BTreeMap<String, Condition>,
    /// Instead of the image's entry point.
    pub entrypoint: Option<Vec<String>>,
    /// Environment variables.
    #[serde(skip_serializing_if = "Environment::is_empty")]
    pub environment: Environment,
    /// Names for `/etc/hosts`, each as `name=address`; the address may be `host-gateway`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_hosts: Vec<String>,
    /// How its health is found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<HealthCheck>,
    /// Reference of the image.
    pub image: String,
    /// Run a small init that reaps processes and passes signals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<bool>,
    /// The user's own labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Where its output goes; `None` is the engine's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    /// Most memory, in bytes; `None` is no limit.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "scalar::as_digits"
    )]
    pub mem_limit: Option<u64>,
    /// Most memory and swap together, in bytes.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "scalar::as_digits"
    )]
    pub memswap_limit: Option<u64>,
    /// The one network it is in, by its name in the file.
    pub networks: BTreeMap<String, Option<Attachment>>,
    /// Most processes and threads; `None` is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids_limit: Option<i64>,
    /// Ports on the host.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
    /// The container's own file system cannot be written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<String>,
    /// Such as `no-new-privileges:true`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security_opt: Vec<String>,
    /// Time to end after the stop signal, before it is killed; `None` is 10 seconds.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "scalar::as_go_duration"
    )]
    pub stop_grace_period: Option<Duration>,
    /// The signal that asks it to end; `None` is the image's or SIGTERM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// Folders in memory, each a path with options after a colon.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tmpfs: Vec<String>,
    /// Limits of its processes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ulimits: BTreeMap<String, Ulimit>,
    /// User and group of its processes; `None` is the image's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What it mounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Mount>,
    /// Instead of the image's working folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
}

/// Environment variables; `None` is a name without a value. `Debug` shows names only.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Environment(pub BTreeMap<String, Option<String>>);

impl Environment {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// How a service is in its network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// Names it is found by, besides its service's name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

/// Where output goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Logging {
    /// The engine's log driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Its options.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// A limit of processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Ulimit {
    /// The same for both.
    Single(i64),
    /// One that processes may raise, up to the other.
    Range {
        /// In force at the start.
        soft: i64,
        /// The most it can be raised to.
        hard: i64,
    },
}

/// What a service waits for in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Its container runs.
    Started,
    /// Its health check passes.
    Healthy,
    /// It ended with exit code 0.
    Completed,
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Dependency {
            condition: &'static str,
            required: bool,
        }
        let condition = self.name();
        let required = true;
        Dependency {
            condition,
            required,
        }
        .serialize(serializer)
    }
}

impl Condition {
    /// As it is written in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Started => "service_started",
            Self::Healthy => "service_healthy",
            Self::Completed => "service_completed_successfully",
        }
    }
}
