//! A service of a compose file: what the engine needs to make its container.

use super::scalar::{Bytes, GoDuration, as_go_number};
use super::short_form::{ExtraHost, Mount, PublishedPort};
use super::variables::Variables;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A service. Its JSON is docker compose's own, from which the config hash is made: fields are in
/// the order that docker compose froze, and absent ones are left out where Go does so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Linux capabilities taken away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cap_drop: Vec<String>,
    /// How many cores it may use; `None` is no limit.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "as_go_number"
    )]
    pub cpus: Option<f32>,
    /// Instead of the image's command.
    pub command: Option<Vec<String>>,
    /// Services it waits for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub depends_on: BTreeMap<String, Dependency>,
    /// The image's is not replaced: docker compose hashes null then.
    #[serde(skip_deserializing)]
    entrypoint: Option<()>,
    #[serde(default, skip_serializing_if = "Variables::is_empty")]
    pub environment: Variables,
    /// Further lines of its `/etc/hosts`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub extra_hosts: BTreeSet<ExtraHost>,
    /// How its health is found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<HealthCheck>,
    /// Reference of the image.
    pub image: String,
    /// Run a small init that reaps processes and passes signals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<bool>,
    /// The user's own labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Where its output goes; `None` is the engine's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    /// Most memory; `None` is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mem_limit: Option<Bytes>,
    /// The one network it is in, by its name in the file.
    pub networks: BTreeMap<String, Option<Attachment>>,
    /// Most processes and threads; `None` is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids_limit: Option<i64>,
    /// Ports on the host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PublishedPort>,
    /// When docker compose pulls the image. It does not count for the hash, and for a container
    /// nothing is pulled here.
    #[serde(default, skip_serializing)]
    pub pull_policy: Option<String>,
    /// The container's own file system cannot be written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// What becomes of it when its process ends; `None` is [`Restart::No`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<Restart>,
    /// Options of the engine, such as `no-new-privileges:true`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_opt: Vec<String>,
    /// Time to end after the stop signal, before it is killed; `None` is 10 seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_grace_period: Option<GoDuration>,
    /// Folders in memory, each a path with options after a colon.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tmpfs: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Mount>,
}

/// How the engine finds out whether a service is ready. Fields are in the order that docker
/// compose hashes; what is not given is the image's, or the engine's default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// `CMD` and arguments, or `CMD-SHELL` and a line for the shell.
    pub test: Vec<String>,
    /// How long one check may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<GoDuration>,
    /// Time from the end of one check to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<GoDuration>,
    /// Failures in a row that make the service unhealthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// Time after the start in which failures do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_period: Option<GoDuration>,
}

/// How a service is in its network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Names it is found by, besides its service's name.
    pub aliases: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// The engine's log driver.
    pub driver: String,
    /// The driver's own options.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// What becomes of a container when its process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// The engine does not restart it.
    No,
    /// It is started again, also with the engine, until somebody stops it.
    UnlessStopped,
}

/// That a service waits for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// For what of it.
    pub condition: Condition,
    #[serde(skip_deserializing, default = "required")]
    required: bool,
}

/// What docker compose takes for given.
fn required() -> bool {
    true
}

/// What a service waits for in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// Its health check passes.
    #[serde(rename = "service_healthy")]
    Healthy,
}
