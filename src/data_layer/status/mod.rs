//! How the data layer does, as `status` gives it. Contract:
//! `docs/contracts/data-layer-status.schema.json`. Asking is in `look`.

mod bookmark;
mod look;
mod problems;

pub use look::Look;

use serde::{Deserialize, Serialize};
use wikisentry_core::time::EventTime;
use wikisentry_engine::status::{BookmarkStatus, Health};

/// The whole state. What could not be asked is empty, and a problem says why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataLayerStatus {
    /// In one word.
    pub health: Health,
    /// The profile: `k3d`.
    pub profile: String,
    /// Version of this binary.
    pub version: String,
    /// When it was looked at.
    pub at: EventTime,
    /// The containers.
    pub containers: Vec<Container>,
    /// The topics that exist.
    pub topics: Vec<Topic>,
    /// Consumer groups that have read some of the topics.
    pub consumers: Vec<Consumer>,
    /// The connector that reads the feed, if it is deployed.
    pub connector: Option<Connector>,
    /// The buckets that exist.
    pub buckets: Vec<Bucket>,
    /// What is wrong, with what to do about it.
    pub problems: Vec<Problem>,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Its service.
    pub service: String,
    /// `healthy`, `starting`, `unhealthy`, `exited`, … or `missing`.
    pub state: String,
    /// It runs, and its health check passes.
    pub is_ready: bool,
    /// How often the engine restarted it.
    pub restarts: i64,
    /// The kernel killed a process in it for want of memory.
    pub out_of_memory: bool,
    /// Since when it runs.
    pub started_at: Option<EventTime>,
    /// Memory in use, in bytes, without caches that the kernel can drop.
    pub memory_bytes: Option<u64>,
    /// Its limit, in bytes.
    pub memory_limit_bytes: Option<u64>,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    /// Its full name.
    pub name: String,
    /// How many partitions it has.
    pub partitions: usize,
    /// Records kept, at most: markers of transactions count as well.
    pub records: u64,
    /// Records per second since the last look, markers of transactions included.
    pub rate: Option<f64>,
    /// Bytes on the broker's disk, if it says so.
    pub bytes: Option<u64>,
}

/// A consumer group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumer {
    /// Its name.
    pub group: String,
    /// Kafka's word for its state, such as `Stable` or `Empty`.
    pub state: String,
    /// Consumers in it.
    pub members: usize,
    /// Records of the topics that wait for it.
    pub lag: u64,
}

/// The connector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connector {
    /// Its name.
    pub name: String,
    /// Its state: `running`, `paused`, `failed`, …
    pub state: String,
    /// Its tasks.
    pub tasks: Vec<Task>,
    /// Where the stream resumes: what is committed in Kafka.
    pub bookmark: BookmarkStatus,
    /// Places in the source's offsets where events were missing and given up, since the streams
    /// were first read.
    pub gaps: u64,
}

/// A task of the connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its number, from 0.
    pub id: u32,
    /// Its state.
    pub state: String,
    /// The first line of why it failed.
    pub error: Option<String>,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Objects in it.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Counted just now; else the store's own count, which may be hours old.
    pub exact: bool,
}

/// Something that is wrong, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which part, e.g. `kafka`.
    pub component: String,
    /// What it is.
    pub message: String,
    /// What to do or type.
    pub help: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const SCHEMA: &str = include_str!("../../../docs/contracts/data-layer-status.schema.json");

    fn empty() -> DataLayerStatus {
        DataLayerStatus {
            health: Health::NotRunning,
            profile: "k3d".to_owned(),
            version: "0.1.0".to_owned(),
            at: EventTime::parse("2026-09-17T03:42:33.778Z").unwrap(),
            containers: Vec::new(),
            topics: Vec::new(),
            consumers: Vec::new(),
            connector: None,
            buckets: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn full() -> DataLayerStatus {
        let (at, name) = (empty().at, "x".to_owned());
        DataLayerStatus {
            health: Health::Degraded,
            containers: vec![Container {
                service: name.clone(),
                state: name.clone(),
                is_ready: true,
                restarts: 1,
                out_of_memory: false,
                started_at: Some(at),
                memory_bytes: Some(1),
                memory_limit_bytes: Some(2),
            }],
            topics: vec![Topic {
                name: name.clone(),
                partitions: 4,
                records: 7,
                rate: Some(0.5),
                bytes: None,
            }],
            consumers: vec![Consumer {
                group: name.clone(),
                state: name.clone(),
                members: 1,
                lag: 2,
            }],
            connector: Some(Connector {
                name: name.clone(),
                state: "running".to_owned(),
                tasks: vec![Task {
                    id: 0,
                    state: "failed".to_owned(),
                    error: Some(name.clone()),
                }],
                bookmark: BookmarkStatus {
                    positions: [("a/0".to_owned(), 7)].into(),
                    time: Some(at),
                    age_seconds: Some(0.5),
                },
                gaps: 3,
            }),
            buckets: vec![Bucket {
                name: name.clone(),
                objects: 1,
                bytes: 2,
                exact: false,
            }],
            problems: vec![Problem::new("kafka", "it is down", "`wikisentry up`")],
            ..empty()
        }
    }

    #[test]
    fn the_status_keeps_its_contract() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        for status in [empty(), full()] {
            let record = json!(status);
            let errors: Vec<String> = validator
                .iter_errors(&record)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{errors:?} in {record}");
        }
        let mut wrong = json!(full());
        wrong["topics"][0]["records"] = json!("7");
        assert!(!validator.is_valid(&wrong));
    }
}
