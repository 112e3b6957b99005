//! The state of the pipeline as `status` and `GET /v1/status` give it. Contract:
//! `docs/contracts/status.schema.json`.

use crate::patience::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wikisentry_core::evaluation::drift::Drift;
use wikisentry_core::time::EventTime;

/// Whether the platform works, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Running, and nothing is listed under `problems`.
    Healthy,
    /// Running, but something listed under `problems` is wrong.
    Degraded,
    /// No process runs on this state folder.
    NotRunning,
}

/// What `status` shows, of a platform that runs or has run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Healthy means that `problems` is empty.
    pub health: Health,
    /// The profile, e.g. `embedded`.
    pub profile: String,
    /// Version of the binary that runs; of this one if none does.
    pub version: String,
    /// The process, if one runs.
    pub process: Option<Process>,
    /// The feed, if a process runs.
    pub feed: Option<Feed>,
    /// Events received since the state folder was made, duplicates and canaries included.
    pub received: u64,
    /// Events dropped because they had been taken before.
    pub duplicates: u64,
    /// Test events of the event platform.
    pub canaries: u64,
    /// Holes in the source's offsets.
    pub gaps: u64,
    /// Edits that a model gave a score, since the state folder was made.
    pub scored: u64,
    /// Edits in the lake.
    pub archived: u64,
    /// Payloads that could not be read.
    pub deadletter: u64,
    /// Alerts in the topic, since the state folder was made.
    pub alerts: u64,
    /// Where the stream resumes.
    pub bookmark: BookmarkStatus,
    /// Events per second over the last ten seconds.
    pub rates: Rates,
    /// Events that are no edits, by kind.
    pub other: BTreeMap<String, u64>,
    /// Alerts raised, by kind.
    pub alerts_by_kind: BTreeMap<String, u64>,
    /// The model in use.
    pub model: Option<ModelStatus>,
    /// Every topic, also empty ones.
    pub topics: Vec<TopicStatus>,
    /// Records that wait for each consumer.
    pub consumers: BTreeMap<String, u64>,
    /// The webhook, if one is set.
    pub webhook: Option<WebhookStatus>,
    /// What log and lake take, and what is left.
    pub disk: Disk,
    /// What is wrong, with what to do about it.
    pub problems: Vec<Trouble>,
}

/// The process that runs on the state folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The system's number of it.
    pub pid: u32,
    /// Since when it runs.
    pub started_at: EventTime,
    /// Base URL of its HTTP API.
    pub api: String,
    /// Resident memory, in bytes; `None` where the system does not say.
    pub memory_bytes: Option<u64>,
}

/// The connection to the source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    /// The source, as settings or `--replay` name it.
    pub source: String,
    /// `connecting`, `connected`, `waiting`, `forbidden`, `rejected` or `ended`.
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

/// Per second, over the last ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Rates {
    /// Events received per second.
    pub received: f64,
    /// Edits that a model gave a score, since the state folder was made.
    pub scored: f64,
    /// Edits per second that reached the lake.
    pub archived: f64,
}

/// The model in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelStatus {
    /// Name and version, such as `edit-risk/1`.
    pub version: String,
    /// When it was trained.
    pub created: String,
    /// Its age, in seconds.
    pub age_seconds: f64,
    /// How far recent edits are from those it was trained on, with the five most changed features;
    /// `None` until enough were seen, and where the model's card has nothing to compare with.
    #[serde(default)]
    pub drift: Option<Drift>,
}

/// A topic of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicStatus {
    /// As `tail` takes it, e.g. `edits.classified`.
    pub name: String,
    /// Offset of the oldest record kept.
    pub first: u64,
    /// Offset of the next record.
    pub next: u64,
    /// Bytes of its batches as stored, compressed.
    pub bytes: u64,
}

/// Deliveries to the webhook since the process started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WebhookStatus {
    /// Accepted by the receiver.
    pub sent: u64,
    /// Refused, or out of attempts.
    pub failed: u64,
    /// Dropped because too many waited.
    pub dropped: u64,
}

/// Disk in use, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Disk {
    /// Bytes that the files of the log take.
    pub log_bytes: u64,
    /// Bytes of the lake's edits, without label facts and labels.
    pub lake_bytes: u64,
    /// Files in the lake.
    pub lake_files: u64,
    /// Free for this user on the state folder's file system.
    pub free_bytes: Option<u64>,
}

/// Something that is wrong, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Which part, e.g. `feed`.
    pub component: String,
    /// In a sentence, for people.
    pub message: String,
    /// When this message was first reported.
    pub since: EventTime,
    /// What to do or type.
    pub help: String,
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        let help = match problem.component {
            "feed" => "check the network, or try `wikisentry demo`",
            "model" => {
                "see `wikisentry logs`; `wikisentry models rollback` goes back to the one before"
            }
            _ => "free disk space or make the state folder writable; work resumes by itself",
        };
        Self {
            component: problem.component.to_owned(),
            message: problem.message,
            since: problem.since,
            help: help.to_owned(),
        }
    }
}
