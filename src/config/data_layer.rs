//! Settings of the data layer in Docker; `defaults.toml` says what each is for.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Section `docker`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DockerSettings {
    /// Name of the compose project.
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

/// Section `kafka`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaSettings {
    /// Published on 127.0.0.1.
    pub port: u16,
    /// Put before the names of all topics.
    pub topic_prefix: String,
    /// Of the topics of edits.
    pub partitions: u16,
    /// Of one topic.
    pub retention_bytes: u64,
    /// Of one topic.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub retention_age: Duration,
    /// Limit of the container.
    pub memory_mib: u64,
    /// Of its Java.
    pub heap_mib: u64,
}

/// Section `connect`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectSettings {
    /// Published on 127.0.0.1.
    pub port: u16,
    /// Limit of the container.
    pub memory_mib: u64,
    /// Of its Java.
    pub heap_mib: u64,
}

/// Section `minio`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinioSettings {
    /// Published on 127.0.0.1.
    pub port: u16,
    /// Of the console, likewise.
    pub console_port: u16,
    /// Limit of the container.
    pub memory_mib: u64,
    /// The bucket of everything.
    pub bucket: String,
}
