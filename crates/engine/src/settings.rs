//! The settings of the embedded pipeline. Values come from the command line's resolved settings;
//! the defaults and their documentation stand in `src/config/defaults.toml`, nowhere else.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// Where edits come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// Base URL of the EventStreams service; the streams are appended to its path.
    pub url: url::Url,
    /// Streams to compose in one connection, e.g. `recentchange`.
    pub streams: Vec<String>,
    /// E-mail address or URL for the User-Agent, as Wikimedia requires; empty means not set.
    pub contact: String,
    /// Where to start without a bookmark: empty for now, or an RFC 3339 time, or an age (`6h`).
    pub since: String,
    /// A connection silent for longer than this is taken for dead.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub heartbeat_timeout: Duration,
    /// First wait before a reconnection; doubled at each failure, with jitter.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub backoff_min: Duration,
    /// Longest wait before a reconnection.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub backoff_max: Duration,
    /// Larger events go to `deadletter`, in bytes.
    pub max_event_bytes: usize,
    /// How many later offsets of a partition may arrive before a missing one counts as a gap.
    pub reorder_window: usize,
}

/// The durable local log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// Oldest records of a topic are dropped beyond this size, in bytes as stored.
    pub retention_bytes: u64,
    /// Records older than this are dropped, once every consumer has read them.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub retention_age: Duration,
    /// How often what was written is forced to disk; a power cut costs at most this much re-reading.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub sync_interval: Duration,
    /// How many event ids are remembered to recognise duplicates.
    pub dedupe_window: usize,
}

/// Which model scores edits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    /// Name of the model in the registry.
    pub name: String,
    /// Score edits by bots too.
    pub score_bots: bool,
    /// How often the champion alias is looked at for a newer version.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub reload_interval: Duration,
}

/// When edits are written to the lake and its hours compacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveSettings {
    /// Edits are written out at least this often.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub interval: Duration,
    /// Edits are written out when this many wait.
    pub max_rows: usize,
    /// A closed hour with more files than this is rewritten as one.
    pub compact_files: usize,
}

/// When to raise alerts, and where to send them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertSettings {
    /// Raise `high_risk_edit` for edits with at least this score; 0 for those of the model's class
    /// `high`.
    pub high_risk_score: f64,
    /// Raise `edit_burst` when a user (bots aside) makes this many edits within `burst_window`.
    pub burst_edits: u32,
    /// Time within which `burst_edits` count.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub burst_window: Duration,
    /// Raise `edit_war` when a page sees this many reverting edits within `war_window`.
    pub war_reverts: u32,
    /// Time within which `war_reverts` count.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub war_window: Duration,
    /// Raise `feed_stalled` after this long without an event.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub stalled_after: Duration,
    /// Raise `score_drift` when the population stability index of the scores exceeds this.
    pub drift_psi: f64,
    /// Scored edits over which drift is measured.
    pub drift_window: usize,
    /// The same kind of alert on the same subject is raised at most once in this time.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub cooldown: Duration,
    /// At most this many alerts of a kind per minute; the rest are counted, not raised.
    pub max_per_minute: u32,
    /// The webhook, if any.
    pub webhook: WebhookSettings,
}

/// Where alerts are posted, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// `http` or `https`; empty for none. Its path may be a secret: only the host is logged.
    pub url: String,
    /// Extra headers, e.g. `Authorization`. Values are secrets: never logged or shown.
    pub headers: BTreeMap<String, String>,
    /// Time allowed for one attempt.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub timeout: Duration,
    /// Attempts after the first before an alert is given up for the webhook.
    pub retries: u32,
}

/// Address and limits of the HTTP API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiSettings {
    /// Address to listen on; loopback only unless changed on purpose.
    pub listen: SocketAddr,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
    /// Names of hosts that requests may be for, and pages that may send them, besides this machine.
    pub allowed_hosts: Vec<String>,
}
