//! What wikis have hidden afterwards, as the feed told it: ingest keeps it in the log, in the
//! transaction that took the event. The archivers leave it out of what they write and take it out of
//! what is written already; readers of topics do not show it, as records are never rewritten.

use crate::counters::{Counters, IngestCounters};
use crate::log::{Log, LogError, Transaction};
use serde::{Deserialize, Serialize};
use wikisentry_core::event::Hiding;
use wikisentry_core::hidden::Hidden;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;

/// What the keys begin with; the number of the event among all of its kind follows.
const PREFIX: &str = "hidden/";
/// Events may overtake those that hide them, by so much at most, in milliseconds.
const OVERTAKEN_MS: i64 = 24 * 3_600_000;

/// The value under a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// When it was learnt.
    at: EventTime,
    pub(crate) hiding: Hiding,
    /// Whether it was taken out of the lake.
    is_blanked: bool,
}

fn key(number: u64) -> String {
    format!("{PREFIX}{number:020}")
}

/// Keeps what an event hides, the `number`th of its kind.
pub(crate) fn put(tx: &mut Transaction, number: u64, at: EventTime, hiding: Hiding) {
    let kept = Kept {
        at,
        hiding,
        is_blanked: false,
    };
    tx.put_json(&key(number), &kept);
}

/// All that is hidden, as of the last look.
pub(crate) struct HiddenView {
    log: Log,
    seen: u64,
    hidden: Hidden,
    /// What is still to be taken out of the lake, by key.
    pending: Vec<(String, Kept)>,
}

impl HiddenView {
    pub(crate) fn open(log: Log) -> Result<Self, LogError> {
        // Before the scan: what comes in between is looked at twice, not never.
        let seen = IngestCounters::committed(&log)?.hidden;
        let mut view = Self {
            seen,
            hidden: Hidden::default(),
            pending: Vec::new(),
            log,
        };
        for (key, kept) in view.log.scan_json(PREFIX)? {
            view.take(key, kept);
        }
        Ok(view)
    }

    /// Takes in what came since the last look.
    pub(crate) fn refresh(&mut self) -> Result<&Hidden, LogError> {
        let now = IngestCounters::committed(&self.log)?.hidden;
        while self.seen < now {
            let key = key(self.seen + 1);
            if let Some(kept) = self.log.get_json(&key)? {
                self.take(key, kept);
            }
            self.seen += 1;
        }
        Ok(&self.hidden)
    }

    /// What is to be taken out of the lake; `is_dated` for that of which the time is known.
    pub(crate) fn pending(&self, is_dated: bool) -> Vec<&Kept> {
        let all = self.pending.iter().map(|(_, kept)| kept);
        all.filter(|kept| kept.hiding.made_at.is_some() == is_dated)
            .collect()
    }

    /// Notes that it was taken out, and drops what no record of the log can need any more.
    pub(crate) fn blanked(&mut self, is_dated: bool) -> Result<Transaction, LogError> {
        let mut tx = Transaction::new();
        let oldest = oldest_record(&self.log)?;
        let is_needed = |kept: &Kept| {
            let until = kept.at.as_millis().saturating_add(OVERTAKEN_MS);
            oldest.is_none_or(|oldest| oldest.as_millis() <= until)
        };
        self.pending.retain(|(key, kept)| {
            if kept.hiding.made_at.is_some() != is_dated {
                return true;
            }
            let kept = Kept {
                is_blanked: true,
                ..kept.clone()
            };
            tx.put_json(key, &kept);
            false
        });
        for (key, kept) in self.log.scan_json::<Kept>(PREFIX)? {
            if kept.is_blanked && !is_needed(&kept) {
                tx.delete(key);
            }
        }
        Ok(tx)
    }

    fn take(&mut self, key: String, kept: Kept) {
        self.hidden.add(&kept.hiding);
        if !kept.is_blanked && self.pending.iter().all(|(known, _)| *known != key) {
            self.pending.push((key, kept));
        }
    }
}

/// When the oldest record of all topics was appended; `None` for an empty log.
fn oldest_record(log: &Log) -> Result<Option<EventTime>, LogError> {
    let mut oldest: Option<EventTime> = None;
    for topic in Topic::ALL {
        let first = log.bounds(topic).first;
        let time = log
            .read(topic, first)?
            .and_then(|batch| Some(batch.get(0)?.timestamp));
        oldest = match (oldest, time) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    Ok(oldest)
}
