//! What the pipeline counts. Counters are committed with the work they count, so they are exact
//! across crashes; the live copies here are what status and metrics read.

use crate::log::{Log, LogError, Transaction};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counters that are kept in the log.
pub(crate) trait Counters: Default + Serialize + DeserializeOwned {
    /// The key that they are kept under.
    const KEY: &'static str;

    /// The counters as last committed; zero where there are none.
    fn committed(log: &Log) -> Result<Self, LogError> {
        Ok(log.get_json(Self::KEY)?.unwrap_or_default())
    }

    /// Adds them to a transaction.
    fn stage(&self, tx: &mut Transaction) {
        tx.put_json(Self::KEY, self);
    }
}

impl Counters for IngestCounters {
    const KEY: &'static str = "ingest/counters";
}

impl Counters for ClassifyCounters {
    const KEY: &'static str = "consumer/classify/counters";
}

impl Counters for ArchiveCounters {
    const KEY: &'static str = "consumer/archive/counters";
}

impl Counters for AlertCounters {
    const KEY: &'static str = "consumer/alert/counters";
}

/// What ingest has taken since the state folder was made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IngestCounters {
    /// Events received, duplicates, canaries and unreadable ones included.
    pub received: u64,
    /// Events seen before, by `meta.id`, and dropped.
    pub duplicates: u64,
    /// Test events of the event platform.
    pub canaries: u64,
    /// Holes in the source's offsets that were given up on.
    pub gaps: u64,
    /// Events dated more than an hour after they came; they are kept with that hour for their time.
    pub ahead: u64,
    /// Events that hide names or summaries of edits made before.
    pub hidden: u64,
    /// What could not be read, written to `deadletter`.
    pub deadletter: u64,
    /// Events that are no edits, by kind; counted only. At most [`MAX_KINDS`], and [`OTHER_KINDS`] for all
    /// that came later.
    pub other: BTreeMap<String, u64>,
}

/// What the classifier has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClassifyCounters {
    /// Edits that the model gave a score.
    pub scored: u64,
}

/// What the archiver has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArchiveCounters {
    /// Edits in the lake.
    pub archived: u64,
}

/// What the alerter has done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertCounters {
    /// Alerts raised, by kind.
    pub raised: BTreeMap<String, u64>,
    /// Alerts withheld by cooldown or rate limit.
    pub suppressed: u64,
}

impl AlertCounters {
    /// Alerts raised, of all kinds.
    pub fn total(&self) -> u64 {
        self.raised.values().sum()
    }
}

/// Kinds of events that are counted one by one. Those of all streams together are some 20.
pub const MAX_KINDS: usize = 64;

/// Under this name the kinds are counted for which there is no room.
pub const OTHER_KINDS: &str = "other";

/// Longer kinds are cut, in bytes: what a feed calls its events is any text.
const MAX_KIND_BYTES: usize = 128;

/// Counts an event that is no edit.
pub(crate) fn bump_other(counts: &mut BTreeMap<String, u64>, kind: &str) {
    let kind = &kind[..kind.floor_char_boundary(MAX_KIND_BYTES)];
    let is_counted = counts.len() < MAX_KINDS || counts.contains_key(kind);
    bump(counts, if is_counted { kind } else { OTHER_KINDS }, 1);
}

/// Keeps the most frequent kinds where earlier versions counted too many.
pub(crate) fn limit_kinds(counts: &mut BTreeMap<String, u64>) {
    let is_short = |kind: &String| kind.len() <= MAX_KIND_BYTES;
    if counts.len() <= MAX_KINDS + 1 && counts.keys().all(is_short) {
        return;
    }
    let mut kinds: Vec<(String, u64)> = std::mem::take(counts).into_iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (number, (kind, count)) in kinds.iter().enumerate() {
        let kind = &kind[..kind.floor_char_boundary(MAX_KIND_BYTES)];
        let is_kept = number < MAX_KINDS;
        bump(counts, if is_kept { kind } else { OTHER_KINDS }, *count);
    }
}

/// Adds to the count of a name without making a string of it each time.
pub(crate) fn bump(counts: &mut BTreeMap<String, u64>, name: &str, by: u64) {
    match counts.get_mut(name) {
        Some(count) => *count += by,
        None => {
            counts.insert(name.to_owned(), by);
        }
    }
}
