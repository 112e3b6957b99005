//! Settings of everything that runs in containers; `defaults.toml` says what each is for.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What containers call the machine they run on.
pub const CONTAINER_HOST: &str = "host.docker.internal";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DockerSettings {
    pub project: String,
    /// Addresses of the network, such as `172.30.77.0/24`.
    pub subnet: String,
    /// How long a stage may take.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub deadline: Duration,
}

impl DockerSettings {
    /// The address of the machine in the network: the first one.
    pub fn gateway(&self) -> Option<std::net::Ipv4Addr> {
        super::check::gateway(&self.subnet)
    }
}
