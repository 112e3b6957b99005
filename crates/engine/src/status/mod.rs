//! The state of the pipeline as `status` and `GET /v1/status` give it. Contract:
//! `docs/contracts/status.schema.json`.

mod components;
#[cfg(test)]
mod tests;

pub use components::{
    BucketStatus, ComponentStatus, ConnectorStatus, JobStatus, ModelInUse, TaskStatus,
};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wikisentry_core::evaluation::drift::Drift;
use wikisentry_core::time::EventTime;
use wikisentry_lake::file::help_of_odd;
use wikisentry_lake::registry::Hold;

/// How the platform does, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Healthy,
    /// Running, but something listed under `problems` is wrong.
    Degraded,
    /// No process runs on this state folder.
    #[default]
    NotRunning,
}

/// The version of the contract: it goes up when a field goes or changes its meaning.
pub const SCHEMA: u32 = 2;

/// The whole state. What a profile does not have, or could not be asked for, is absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Status {
    /// [`SCHEMA`] of the program that wrote it.
    pub schema: u32,
    pub health: Health,
    /// The profile: `embedded`, `k3d` or `kubernetes`.
    pub profile: String,
    /// Version of the binary that runs; of this one if none does.
    pub version: String,
    /// When it was looked at.
    pub at: EventTime,
    /// The state folder, absolute: `lake/`, `models/` and the rest lie below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The folder of the archived edits, absolute: Parquet files in hive partitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lake: Option<String>,
    /// The flow of the data; its fields stand at the top level of the JSON.
    #[serde(flatten)]
    pub flow: Flow,
    /// The process, if one runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
    /// The feed, if a process runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed: Option<Feed>,
    /// The components that run outside of the process.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<ComponentStatus>,
    /// The topics that exist.
    pub topics: Vec<TopicStatus>,
    /// Who reads the topics.
    pub consumers: Vec<ConsumerStatus>,
    /// The webhook, if one is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<Disk>,
    /// What is wrong, with what to do about it.
    pub problems: Vec<Problem>,
}

/// What came in and what became of it, since the state folder was made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Events received, duplicates and canaries included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<u64>,
    /// Events dropped because they had been taken before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<u64>,
    /// Test events of the event platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canaries: Option<u64>,
    /// Holes in the source's offsets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaps: Option<u64>,
    /// Events dated more than an hour after they came, and kept with a bounded time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead: Option<u64>,
    /// Events that hide names or summaries of edits made before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scored: Option<u64>,
    /// Edits in the lake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<u64>,
    /// Payloads that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadletter: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts: Option<u64>,
    /// Records that wait for the consumer that is furthest behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag: Option<u64>,
    /// Where the stream resumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bookmark: Option<BookmarkStatus>,
    /// Events per second over the last ten seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rates: Option<Rates>,
    /// Events that are no edits, by kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<BTreeMap<String, u64>>,
    /// Alerts raised, by kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts_by_kind: Option<BTreeMap<String, u64>>,
    /// The model in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelStatus>,
}

impl Status {
    /// A state of which nothing is known yet but the profile.
    pub fn of_profile(profile: &str, at: EventTime) -> Self {
        Self {
            schema: SCHEMA,
            profile: profile.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            at,
            ..Self::default()
        }
    }

    /// Sets the consumers, and the lag by them.
    pub fn set_consumers(&mut self, consumers: Vec<ConsumerStatus>) {
        self.flow.lag = consumers.iter().map(|consumer| consumer.lag).max();
        self.consumers = consumers;
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub pid: u32,
    /// Since when it runs.
    pub started_at: EventTime,
    /// Base URL of its HTTP API.
    pub api: String,
    /// Edits that it has scored itself; 0 from a version that does not say.
    #[serde(default)]
    pub scored: u64,
    /// Resident memory, in bytes; `None` where the system does not say.
    pub memory_bytes: Option<u64>,
}

/// The connection to the source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    /// The source, as settings or `--replay` name it.
    pub source: String,
    /// `connecting`, `connected`, `waiting`, `forbidden`, `rejected`, or `ended`: of a recording if
    /// all of it was read, else if the process stops.
    pub state: String,
    /// In a sentence: what it waits for, or what went wrong last.
    pub detail: Option<String>,
    /// Since when no connection succeeds.
    pub unreachable_since: Option<EventTime>,
    /// When the last event came in.
    pub last_event_at: Option<EventTime>,
    /// How old the last event was on arrival, in seconds.
    pub lag_seconds: Option<f64>,
    /// Connections made by this process.
    pub connections: u64,
}

/// Where the stream resumes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BookmarkStatus {
    /// First offset not yet taken, by `topic/partition`.
    pub positions: BTreeMap<String, i64>,
    /// Time of the last event taken.
    pub time: Option<EventTime>,
    /// Its age, in seconds.
    pub age_seconds: Option<f64>,
}

impl BookmarkStatus {
    /// Whether a source that ends there has nothing more: of each topic the end is the offset after its
    /// last event.
    pub fn is_at(&self, end: &BTreeMap<String, u64>) -> bool {
        let mut known = self.positions.iter().filter_map(|(partition, next)| {
            let (topic, _) = partition.rsplit_once('/')?;
            let end = end.get(topic)?;
            Some(u64::try_from(*next).is_ok_and(|next| next >= *end))
        });
        known
            .next()
            .is_some_and(|first| first && known.all(|read| read))
    }
}

/// Per second, over the last ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Rates {
    pub received: f64,
    pub scored: f64,
    pub archived: f64,
}

/// The model in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelStatus {
    /// Family and number, such as `edit-risk/1`.
    pub version: String,
    /// When it was trained.
    pub created: String,
    /// Its age, in seconds.
    pub age_seconds: f64,
    /// How far recent edits are from those it was trained on, with the five most changed features;
    /// `None` until enough were seen, and where the model's card has nothing to compare with.
    #[serde(default)]
    pub drift: Option<Drift>,
    /// Why it is not replaced by itself; absent if it may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TopicStatus {
    /// Its name, prefix included.
    pub name: String,
    /// Records kept; in Kafka at most, since markers of transactions count as well.
    pub records: u64,
    /// Bytes on disk, if they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Oldest offset kept, if it is one sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// Offset of the next record, if it is one sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// Records per second since the last look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Partitions, if it has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitions: Option<usize>,
}

/// Who reads topics and commits how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsumerStatus {
    pub name: String,
    /// Records that wait for it.
    pub lag: u64,
    /// Kafka's word for the state of a group, such as `Stable` or `Empty`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Members of a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<usize>,
}

/// Deliveries to the webhook since the process started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WebhookStatus {
    pub sent: u64,
    pub failed: u64,
    /// Dropped because too many waited.
    pub dropped: u64,
}

/// Disk in use, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Disk {
    pub log_bytes: u64,
    pub lake_bytes: u64,
    /// Files in the lake.
    pub lake_files: u64,
    /// Free for this user on the state folder's file system.
    pub free_bytes: Option<u64>,
}

/// What helps where the champion cannot be used.
pub const MODEL_HELP: &str = "`wikisentry models rollback` goes back to the champion before, if there was one; \
                              `wikisentry models promote N --force` chooses another version; \
                              `wikisentry models list` shows them";

/// Something that is wrong, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which part, e.g. `feed`.
    pub component: String,
    pub message: String,
    /// Since when, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<EventTime>,
    /// What to do or type.
    pub help: String,
}

impl Problem {
    /// A problem of which it is not known since when. A link in the way has its own help.
    pub fn new(component: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        let message = message.into();
        let help = help_of_odd(&message).map_or_else(|| help.into(), str::to_owned);
        Self {
            component: component.to_owned(),
            message,
            since: None,
            help,
        }
    }

    /// A problem that a part of the pipeline waits out.
    pub(crate) fn of(component: &str, message: String, since: EventTime) -> Self {
        let help = match component {
            "feed" => "check the network; without it: `wikisentry demo`",
            "lake" => {
                "if its hour was removed, nothing is wrong, and the next start says no more of it; else \
                 see whether the disk is sound"
            }
            "model" => MODEL_HELP,
            _ => "free disk space or make the state folder writable; work resumes by itself",
        };
        Self {
            since: Some(since),
            ..Self::new(component, message, help)
        }
    }
}
