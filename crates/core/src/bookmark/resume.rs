//! How a subscription goes on after a break, as EventStreams really is (its code is KafkaSSE,
//! <https://github.com/wikimedia/KafkaSSE>): what `Last-Event-ID` does not name is not delivered, an
//! offset of -1 or out of range means the end, a topic outside of the URL is refused. Its ids carry
//! times, since offsets differ between its clusters: it is asked for a little more than is missing,
//! what was taken is recognised, and a hole is found by the events that come again.

use super::{
    Bookmark, Gap, IdEntry, Origin, Position, RESET_DISTANCE, SourcePartition, header, is_of_stream,
};
use crate::text::Text;
use crate::time::EventTime;

/// Before the last event of a partition, asked for again: times run back by some milliseconds, and
/// the service begins behind all events of the last one's millisecond. In milliseconds.
const MARGIN: i64 = 10_000;
/// Before the last event of all, where a partition has sent nothing yet. In milliseconds.
const SILENT_MARGIN: i64 = 600_000;
/// An event is newer than another if it is so by more than this, in milliseconds.
const JITTER: i64 = 1_000;
/// Events that are kept to be recognised in another cluster.
const RECENT: usize = 16;

/// How to ask for what is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resume {
    /// Nothing was taken yet.
    Start,
    /// With this value of the `Last-Event-ID` header.
    At(String),
    /// With no header and the parameter `since`: all partitions of the streams begin there.
    Since(EventTime),
}

/// How a service wants to be asked; each is for one that refused those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum ResumeBy {
    /// By offsets in a header, unless its ids carry times.
    #[default]
    Offsets,
    /// By times in a header.
    Times,
    /// Without a header, by one time: it takes no header of that size.
    Since,
}

impl From<Option<String>> for Resume {
    /// A value of the header, or none.
    fn from(last_event_id: Option<String>) -> Self {
        last_event_id.map_or(Self::Start, Self::At)
    }
}

/// What is known of an event besides its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// A hash of its id.
    pub id: u64,
    /// Whether its id was never seen.
    pub is_new: bool,
}

/// What the first events of a connection have to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// It was asked for from this offset on.
    Offset(i64),
    /// It was asked for by time: events that were taken come first.
    Time,
}

impl Bookmark {
    /// A bookmark of which only the time is known.
    pub fn beginning(time: EventTime) -> Self {
        Self {
            begin: Some(time.as_millis()),
            ..Self::default()
        }
    }

    /// Where to go on with these streams, by their own names. Partitions of other streams are left
    /// out and kept.
    pub fn resume(&mut self, streams: &[&str], by: ResumeBy) -> Resume {
        let Some(latest) = self.time().map(EventTime::as_millis) else {
            // Of partitions that have sent nothing, none knows a place.
            return match by {
                ResumeBy::Since => Resume::Start,
                _ => self.last_event_id().into(),
            };
        };
        let by_time = self.by_time || by == ResumeBy::Times;
        let is_new = |stream: &&str| !self.partitions.iter().any(|one| one.is_of(stream));
        let new = streams.iter().filter(|stream| is_new(stream)).count();
        if new > 0 || by == ResumeBy::Since {
            let margin = match self.partitions.is_empty() {
                true => 0,
                // Silent partitions of streams that go on need the longer way back.
                false if new == streams.len() => MARGIN,
                false => SILENT_MARGIN,
            };
            // Which partitions a stream has is not known, so all of them are asked for.
            for partition in &mut self.partitions {
                partition.check = Some(Check::Time);
            }
            let begin = latest - margin;
            return EventTime::from_millis(begin).map_or(Resume::Start, Resume::Since);
        }
        let mut entries = Vec::new();
        for partition in &mut self.partitions {
            if streams.iter().any(|stream| partition.is_of(stream)) {
                entries.push(partition.resume(latest, by_time));
            }
        }
        Resume::At(header(&entries))
    }

    /// Whether an event that is sent again was taken, by its offset and time: also where its id was
    /// forgotten.
    pub fn has_taken(&self, position: &Position<'_>, time: Option<EventTime>) -> bool {
        let mut partitions = self.partitions.iter();
        let partition = partitions.find(|one| one.is_at(&position.topic, position.partition));
        partition.is_some_and(|partition| {
            let old =
                |(time, last): (EventTime, i64)| time.as_millis() < last.saturating_sub(MARGIN);
            partition.check == Some(Check::Time)
                && partition.next.is_some_and(|next| position.offset < next)
                && time.zip(partition.time).is_some_and(old)
        })
    }

    /// Whether the bookmark will stay before an event that is not taken yet when later ones are.
    pub fn stays_before(&self, position: &Position<'_>) -> bool {
        let mut partitions = self.partitions.iter();
        let partition = partitions.find(|one| one.is_at(&position.topic, position.partition));
        partition.is_some_and(|partition| {
            partition.check.is_none() && partition.next.is_some_and(|next| position.offset >= next)
        })
    }

    /// As [`Bookmark::take`], for an event whose id is known: after a break it finds out whether
    /// something is missing, and whether another cluster sends.
    pub fn take_seen(
        &mut self,
        position: &Position<'_>,
        time: Option<EventTime>,
        seen: Seen,
        window: usize,
    ) -> Option<Gap> {
        let entry = self.entry(&position.topic, position.partition, Origin::Event)?;
        let lost = entry.compare(position.offset, time.map(EventTime::as_millis), seen);
        entry.remember(position.offset, seen.id);
        let gap = self.take(position, time, window);
        lost.or(gap)
    }
}

impl SourcePartition {
    pub(super) fn is_at(&self, topic: &str, partition: i32) -> bool {
        self.partition == partition && self.topic == topic
    }

    fn is_of(&self, stream: &str) -> bool {
        is_of_stream(&self.topic, stream)
    }

    fn resume(&mut self, latest: i64, by_time: bool) -> IdEntry<'_> {
        let offset = self.next.filter(|_| !by_time);
        self.check = Some(offset.map_or(Check::Time, Check::Offset));
        // The time may be what an id named, which is any number.
        let own = self.time.map(|time| time.saturating_sub(MARGIN));
        let time = own.unwrap_or(latest - SILENT_MARGIN);
        IdEntry {
            topic: Text::from(self.topic.as_str()),
            partition: self.partition,
            offset,
            timestamp: offset.is_none().then_some(time),
        }
    }

    /// Holds an event against what was asked for. Where another cluster sends, its offsets take the
    /// place of those before; a loss that shows is a gap of unknown size.
    fn compare(&mut self, offset: i64, time: Option<i64>, seen: Seen) -> Option<Gap> {
        let next = self.next?;
        let is_newer = time
            .zip(self.time)
            .is_some_and(|(time, last)| time > last.saturating_add(JITTER));
        let is_lost = match self.check {
            None => seen.is_new && next.saturating_sub(offset) > RESET_DISTANCE,
            Some(Check::Offset(asked)) => {
                self.check = None;
                seen.is_new && offset < asked
            }
            Some(Check::Time) => {
                let known = self.recent.iter().find(|(_, id)| *id == seen.id);
                if let Some((was, _)) = known {
                    let by = offset.saturating_sub(*was);
                    self.check = None;
                    self.shift(by);
                    false
                } else if !seen.is_new {
                    // Taken, and not by an offset of this cluster.
                    if offset > next && !self.ahead.contains_key(&offset) {
                        self.restart(offset);
                    }
                    false
                } else {
                    let is_other = offset < next && is_newer;
                    if offset == next || is_other {
                        self.check = None;
                    }
                    is_other
                }
            }
        };
        is_lost.then(|| {
            self.restart(offset);
            Gap {
                first: next,
                missing: 0,
            }
        })
    }

    /// Goes on from an offset that has nothing to do with those before.
    fn restart(&mut self, offset: i64) {
        self.next = Some(offset);
        self.ahead.clear();
        self.recent.clear();
    }

    /// Renames all offsets: another cluster sends the same events.
    fn shift(&mut self, by: i64) {
        if by == 0 {
            return;
        }
        self.next = self.next.map(|next| next.saturating_add(by));
        let ahead = std::mem::take(&mut self.ahead).into_iter();
        self.ahead = ahead
            .map(|(offset, time)| (offset.saturating_add(by), time))
            .collect();
        for (offset, _) in &mut self.recent {
            *offset = offset.saturating_add(by);
        }
    }

    fn remember(&mut self, offset: i64, id: u64) {
        if self.recent.iter().any(|(_, known)| *known == id) {
            return;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((offset, id));
    }
}
