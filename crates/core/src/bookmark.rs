//! Where to resume a stream: for each source partition the first offset not yet taken. The
//! connector keeps the same bookmark in Java; `testdata/vectors/bookmark.json` holds both to it.

use crate::text::Text;
use crate::time::EventTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A drop in offsets larger than this means that the source partition was made anew.
const RESET_DISTANCE: i64 = 100_000;

/// Where an event stands in its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position<'a> {
    /// Source topic, e.g. `eqiad.mediawiki.recentchange`.
    pub topic: Text<'a>,
    /// Partition of it.
    pub partition: i32,
    /// Offset in the partition.
    pub offset: i64,
}

/// One entry of an SSE id, and of the `Last-Event-ID` header, as EventStreams writes them. An
/// offset of -1 means the end of the partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdEntry<'a> {
    /// Source topic.
    #[serde(borrow)]
    pub topic: Text<'a>,
    /// Partition of it.
    pub partition: i32,
    /// First offset wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// First event time wanted, in milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<i64>,
}

/// What is known of one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Partition {
    topic: String,
    partition: i32,
    /// The first offset not yet taken; `None` if the partition's events carry no offset.
    next: Option<i64>,
    /// Offsets taken beyond `next`, of events that overtook others, with the events' times.
    ahead: BTreeMap<i64, Option<i64>>,
    /// Time of the last event before `next`, in milliseconds; `None` before the first. Events that
    /// overtook others must not set it, or resuming by time would skip those others.
    time: Option<i64>,
}

/// A hole in the offsets that was given up on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// First offset missing.
    pub first: i64,
    /// How many are missing.
    pub missing: i64,
}

/// The bookmark of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bookmark {
    partitions: Vec<Partition>,
}

impl Bookmark {
    /// Takes note of an event. Events may overtake each other: the bookmark stays before the
    /// first missing offset until `window` later ones were taken; then the hole is given up and
    /// returned, because not every offset of a source carries an event. Where events lie up to `n`
    /// places from theirs, those that overtake one are fewer than `2 * n` over all connections: with
    /// a window of that size nothing is given up that still comes.
    pub fn take(
        &mut self,
        position: &Position<'_>,
        time: Option<EventTime>,
        window: usize,
    ) -> Option<Gap> {
        let entry = self.entry(&position.topic, position.partition);
        let (offset, time) = (position.offset, time.map(EventTime::as_millis));
        match entry.next {
            Some(next) if offset > next => {
                entry.ahead.insert(offset, time);
            }
            Some(next) if offset < next && next.saturating_sub(offset) <= RESET_DISTANCE => {}
            Some(next) if offset == next => entry.pass(offset, time),
            _ => {
                entry.ahead.clear();
                entry.pass(offset, time);
            }
        }
        let gap = entry.give_up(window);
        entry.absorb();
        gap
    }

    /// Takes note of an event that says when it happened but not where it stood.
    pub fn take_time(&mut self, topic: &str, partition: i32, time: EventTime) {
        self.entry(topic, partition).time = Some(time.as_millis());
    }

    /// Takes note of the partitions that an SSE id names. The service resumes only those that
    /// `Last-Event-ID` lists, so silent ones must be kept as well.
    pub fn take_id(&mut self, id: &[IdEntry<'_>]) {
        for named in id {
            let entry = self.entry(&named.topic, named.partition);
            if entry.next.is_none() && entry.time.is_none() {
                entry.time = named.timestamp;
                entry.next = named.offset.filter(|offset| *offset >= 0);
            }
        }
    }

    /// The value of the `Last-Event-ID` header; `None` before the first event.
    pub fn last_event_id(&self) -> Option<String> {
        let entries: Vec<IdEntry<'_>> = self
            .partitions
            .iter()
            .map(|entry| IdEntry {
                topic: Text::from(entry.topic.as_str()),
                partition: entry.partition,
                offset: entry.next.or(entry.time.is_none().then_some(-1)),
                timestamp: entry.time.filter(|_| entry.next.is_none()),
            })
            .collect();
        if entries.iter().all(|entry| entry.offset == Some(-1)) {
            return None;
        }
        serde_json::to_string(&entries).ok()
    }

    /// The same by event times alone, for a service that no longer has the offsets.
    pub fn last_event_id_by_time(&self) -> Option<String> {
        let entries: Vec<IdEntry<'_>> = self
            .partitions
            .iter()
            .filter_map(|entry| {
                Some(IdEntry {
                    topic: Text::from(entry.topic.as_str()),
                    partition: entry.partition,
                    offset: None,
                    timestamp: Some(entry.time?),
                })
            })
            .collect();
        if entries.is_empty() {
            return None;
        }
        serde_json::to_string(&entries).ok()
    }

    /// Time of the latest event before which all were taken.
    pub fn time(&self) -> Option<EventTime> {
        let latest = self
            .partitions
            .iter()
            .filter_map(|entry| entry.time)
            .max()?;
        EventTime::from_millis(latest)
    }

    /// The next offset of every partition that has one, for people and metrics.
    pub fn positions(&self) -> BTreeMap<String, i64> {
        let named =
            |entry: &Partition| Some((format!("{}/{}", entry.topic, entry.partition), entry.next?));
        self.partitions.iter().filter_map(named).collect()
    }

    fn entry(&mut self, topic: &str, partition: i32) -> &mut Partition {
        let known = |entry: &Partition| entry.partition == partition && entry.topic == topic;
        let index = self.partitions.iter().position(known).unwrap_or_else(|| {
            self.partitions.push(Partition {
                topic: topic.to_owned(),
                partition,
                next: None,
                ahead: BTreeMap::new(),
                time: None,
            });
            self.partitions.len() - 1
        });
        &mut self.partitions[index]
    }
}

impl Partition {
    /// Moves `next` behind an offset.
    fn pass(&mut self, offset: i64, time: Option<i64>) {
        self.next = Some(offset.saturating_add(1));
        self.time = time.or(self.time);
    }

    /// Moves `next` over offsets that were already taken.
    fn absorb(&mut self) {
        while let (Some(next), Some(first)) = (self.next, self.ahead.first_entry()) {
            if *first.key() > next {
                break;
            }
            let (offset, time) = first.remove_entry();
            self.pass(offset, time);
        }
    }

    /// Gives up the first hole once too many offsets wait behind it.
    fn give_up(&mut self, window: usize) -> Option<Gap> {
        if self.ahead.len() <= window {
            return None;
        }
        let (next, first) = (self.next?, *self.ahead.first_key_value()?.0);
        self.next = Some(first);
        Some(Gap {
            first: next,
            missing: first.saturating_sub(next),
        })
    }
}
