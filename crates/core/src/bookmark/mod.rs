//! Where to resume a stream: for each source partition the first offset not yet taken. The connector
//! has the same bookmark in Java; `testdata/vectors/bookmark.json` tests both.

mod resume;

pub use resume::{Resume, ResumeBy, Seen};

use crate::text::Text;
use crate::time::EventTime;
use resume::Check;
use serde::{Deserialize, Deserializer, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

/// A larger drop in offsets means that the source partition was recreated.
const RESET_DISTANCE: i64 = 100_000;

/// Partitions that a bookmark keeps: what it asks for has to fit into one header. The streams of the
/// public service have one or two partitions in each data centre.
pub const MAX_PARTITIONS: usize = 64;

/// Longer names of topics are none, in bytes: Kafka's own limit.
const MAX_TOPIC_BYTES: usize = 249;

/// The position of an event in its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position<'a> {
    /// Source topic, e.g. `eqiad.mediawiki.recentchange`.
    pub topic: Text<'a>,
    pub partition: i32,
    pub offset: i64,
}

/// One entry of an SSE id, and of the `Last-Event-ID` header, as EventStreams writes them. An
/// offset of -1 means the end of the partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdEntry<'a> {
    #[serde(borrow)]
    pub topic: Text<'a>,
    pub partition: i32,
    /// The offset to resume from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// The event time to resume from, in milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<i64>,
}

impl IdEntry<'_> {
    /// Whether it names a time in the place of an offset.
    pub fn is_by_time(&self) -> bool {
        self.offset.is_none() && self.timestamp.is_some()
    }
}

/// The progress in one partition of the source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct SourcePartition {
    topic: String,
    partition: i32,
    /// The first offset not yet taken; `None` if the events of the partition have no offset.
    next: Option<i64>,
    /// Offsets taken beyond `next`, of events that overtook others, with the events' times.
    ahead: BTreeMap<i64, Option<i64>>,
    /// Time of the last event before `next`, in milliseconds; `None` before the first. Events that
    /// overtook others do not set it: resuming by time would skip the others.
    time: Option<i64>,
    /// Offsets of the events taken last, with what their ids hash to: they tell whether another
    /// cluster, whose offsets differ, sends the stream now.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    recent: VecDeque<(i64, u64)>,
    /// What is not known yet of a connection that was made again.
    #[serde(skip)]
    check: Option<Check>,
}

/// Consecutive offsets whose events are no longer waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first of the missing offsets.
    pub first: i64,
    /// The number of missing offsets; 0 if it cannot be known.
    pub missing: i64,
}

/// The bookmark of a subscription, which may cover many topics.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bookmark {
    #[serde(deserialize_with = "at_most")]
    partitions: Vec<SourcePartition>,
    /// The ids of the service carry times instead of offsets: its clusters differ in these.
    #[serde(default)]
    by_time: bool,
    /// Where to begin before any partition is known, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begin: Option<i64>,
}

impl Bookmark {
    /// Records that an event was taken. Events may overtake each other, so the bookmark stays before
    /// the first missing offset until more than `window` later ones were taken. Then the gap is
    /// skipped and returned, because not every offset of a source has an event. If events are at most
    /// `n` places from their order, fewer than `2 * n` overtake one over all connections: with a
    /// window of that size no event is skipped that still comes.
    pub fn take(
        &mut self,
        position: &Position<'_>,
        time: Option<EventTime>,
        window: usize,
    ) -> Option<Gap> {
        let entry = self.entry(&position.topic, position.partition, Origin::Event)?;
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
        let gap = entry.skip_gap(window);
        entry.absorb();
        gap
    }

    /// Records that an event was taken that has a time but no offset.
    pub fn take_time(&mut self, topic: &str, partition: i32, time: EventTime) {
        if let Some(entry) = self.entry(topic, partition, Origin::Id) {
            entry.time = Some(time.as_millis());
        }
    }

    /// Records the partitions of these streams, by their own names, that an SSE id names. The service
    /// resumes only those in `Last-Event-ID`, so partitions without events must be kept too. It
    /// refuses topics of other streams.
    pub fn take_id(&mut self, id: &[IdEntry<'_>], streams: &[impl AsRef<str>]) {
        if !id.is_empty() {
            self.by_time = id.iter().any(IdEntry::is_by_time);
        }
        let by_time = self.by_time;
        let is_asked = |topic: &str| streams.iter().any(|one| is_of_stream(topic, one.as_ref()));
        for named in id.iter().filter(|named| is_asked(&named.topic)) {
            let Some(entry) = self.entry(&named.topic, named.partition, Origin::Id) else {
                continue;
            };
            if entry.next.is_none() && entry.time.is_none() {
                entry.time = named.timestamp;
                // Beside times, an offset is one of this cluster, of a partition that was silent.
                entry.next = named.offset.filter(|offset| *offset >= 0 && !by_time);
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
        let is_started = entries.iter().any(|entry| entry.offset != Some(-1));
        is_started.then(|| header(&entries))
    }

    /// The latest of the times of all partitions.
    pub fn time(&self) -> Option<EventTime> {
        let times = self.partitions.iter().filter_map(|entry| entry.time);
        EventTime::from_millis(times.max().or(self.begin)?)
    }

    /// The next offset of every partition that has one, by `topic/partition`, for status and metrics.
    pub fn positions(&self) -> BTreeMap<String, i64> {
        let named = |entry: &SourcePartition| {
            Some((format!("{}/{}", entry.topic, entry.partition), entry.next?))
        };
        self.partitions.iter().filter_map(named).collect()
    }

    /// The progress of a partition, added if it is new; `None` where there is no room for it. That of
    /// an event takes the place of the one that can best be done without.
    fn entry(
        &mut self,
        topic: &str,
        partition: i32,
        origin: Origin,
    ) -> Option<&mut SourcePartition> {
        let known = |entry: &SourcePartition| entry.is_at(topic, partition);
        if let Some(index) = self.partitions.iter().position(known) {
            return Some(&mut self.partitions[index]);
        }
        if topic.len() > MAX_TOPIC_BYTES {
            return None;
        }
        if self.partitions.len() >= MAX_PARTITIONS {
            let all = self.partitions.iter().enumerate();
            let least = all.min_by_key(|(_, one)| one.worth());
            let (place, _) = least.filter(|_| origin == Origin::Event)?;
            self.partitions.remove(place);
        }
        self.partitions.push(SourcePartition {
            topic: topic.to_owned(),
            partition,
            ..SourcePartition::default()
        });
        self.partitions.last_mut()
    }
}

/// What a partition is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// An event came from it.
    Event,
    /// An SSE id names it.
    Id,
}

/// Whether a topic belongs to a stream, in whichever data centre.
pub fn is_of_stream(topic: &str, stream: &str) -> bool {
    let own = topic.split_once('.').map(|(_, own)| own);
    topic == stream || own == Some(stream)
}

/// Partitions as they were kept, the best of them where they are too many.
fn at_most<'de, D: Deserializer<'de>>(kept: D) -> Result<Vec<SourcePartition>, D::Error> {
    let mut partitions = Vec::<SourcePartition>::deserialize(kept)?;
    if partitions.len() > MAX_PARTITIONS {
        partitions.sort_by_key(|one| Reverse(one.worth()));
        partitions.truncate(MAX_PARTITIONS);
    }
    Ok(partitions)
}

fn header(entries: &[IdEntry<'_>]) -> String {
    serde_json::to_string(entries).expect("records of strings and numbers serialize")
}

impl SourcePartition {
    /// What is kept rather: what events came from, not ids alone named; then what is newer.
    fn worth(&self) -> (bool, Option<i64>) {
        (!self.recent.is_empty(), self.time)
    }

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

    /// Skips the first gap once more than `window` offsets were taken after it.
    fn skip_gap(&mut self, window: usize) -> Option<Gap> {
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
