//! The state of what runs outside of the process.

use serde::{Deserialize, Serialize};
use wikisentry_core::time::EventTime;

/// A component that runs outside of the process, in a container or in pods.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ComponentStatus {
    pub name: String,
    /// `healthy`, `starting`, `unhealthy`, `exited`, … or `missing`.
    pub state: String,
    /// It runs, and its health check passes.
    pub is_ready: bool,
    /// How often it was restarted.
    pub restarts: i64,
    /// The kernel killed a process in it for want of memory.
    pub out_of_memory: bool,
    /// Since when it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<EventTime>,
    /// Memory in use, in bytes, without caches that the kernel can drop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Its limit, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_limit_bytes: Option<u64>,
    /// Connectors that it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connectors: Vec<ConnectorStatus>,
    /// Buckets that it holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<BucketStatus>,
    /// The job that it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobStatus>,
    /// The model that it scores with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelInUse>,
}

/// A job of Flink.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JobStatus {
    /// `running`, `restarting`, `finished` …
    pub state: String,
    pub started_at: EventTime,
    /// How often it was restarted since.
    pub restarts: u64,
    /// Checkpoints that were completed, and that failed.
    pub checkpoints: u64,
    pub failed_checkpoints: u64,
    /// Seconds since the last one was complete; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_age_seconds: Option<f64>,
    /// All of the state in it, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_bytes: Option<u64>,
    /// The greatest part of the time that a task works, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<f64>,
    /// The greatest part of the time that a task waits for those after it, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_pressure: Option<f64>,
    /// The first line of the last exception.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_exception: Option<String>,
}

/// The model that a component scores with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInUse {
    pub version: u32,
    /// The version that the champion's alias names, if it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<u32>,
}

/// A connector of Kafka Connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorStatus {
    pub name: String,
    /// Its state: `running`, `paused`, `failed`, …
    pub state: String,
    pub tasks: Vec<TaskStatus>,
}

/// A task of a connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskStatus {
    /// Its number, from 0.
    pub id: u32,
    pub state: String,
    /// The first line of why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketStatus {
    pub name: String,
    /// Objects in it; old versions do not count.
    pub objects: u64,
    pub bytes: u64,
    /// Counted just now; else the store's own count, which may be hours old.
    pub exact: bool,
}
