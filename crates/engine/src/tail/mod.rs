//! Reading a topic from a point on without being a consumer of it: for `tail` and the API.

mod moment;
mod search;
mod start;
#[cfg(test)]
mod tests;
mod wanted;

pub use moment::{Clock, Moment, NotAMoment};
pub use start::{NotAStart, Start};
pub use wanted::{BadQuery, Wanted, parameters, share};

use crate::filter::Filter;
use crate::hidden::HiddenView;
use crate::log::{Log, LogError, RecordRef};
use search::Search;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use tokio::sync::watch;
use wikisentry_core::hidden::Hidden;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;

/// A record as it travels from the process that runs to the one that shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TailRecord<'a> {
    /// Offset in the topic.
    pub offset: u64,
    /// When it was written.
    pub timestamp: EventTime,
    /// `wiki:page title`, or empty.
    #[serde(borrow)]
    pub key: Cow<'a, str>,
    /// JSON, with line breaks made spaces.
    #[serde(borrow)]
    pub value: &'a RawValue,
}

impl TailRecord<'_> {
    /// Writes a record as one line of JSON. The value is JSON already: only records that were
    /// read as JSON are kept, and `deadletter` wraps what was not.
    pub fn write_line(record: &RecordRef<'_>, out: &mut Vec<u8>) {
        let key = String::from_utf8_lossy(record.key);
        let key = serde_json::to_string(&key).expect("text is always JSON");
        out.extend_from_slice(
            format!(
                "{{\"offset\":{},\"timestamp\":\"{}\",\"key\":{key},\"value\":",
                record.offset, record.timestamp
            )
            .as_bytes(),
        );
        // Raw events may hold line breaks between tokens; in JSON strings they are escaped.
        out.extend(record.value.iter().map(|byte| match byte {
            b'\n' | b'\r' => b' ',
            byte => *byte,
        }));
        out.extend_from_slice(b"}\n");
    }
}

/// What an alert is about, and the key of its record.
#[derive(Deserialize)]
struct Subject {
    subject: String,
}

/// A reader of one topic.
pub struct Tail {
    log: Log,
    topic: Topic,
    filter: Filter,
    /// While it looks for where to begin.
    search: Option<Search>,
    next: u64,
    end: watch::Receiver<u64>,
    hidden: HiddenView,
}

impl Tail {
    /// Starts reading all records at `from`.
    pub fn open(log: &Log, topic: Topic, from: Start) -> Result<Self, LogError> {
        let (max, follow, filter) = (None, false, Filter::default());
        Self::of(
            log,
            &Wanted {
                topic,
                from,
                max,
                follow,
                filter,
            },
        )
    }

    /// Starts reading what is wanted. [`Wanted::max`] and [`Wanted::follow`] are up to the caller.
    pub fn of(log: &Log, wanted: &Wanted) -> Result<Self, LogError> {
        let topic = wanted.topic;
        let bounds = log.bounds(topic);
        let first = match wanted.floor() {
            Some(time) => log.offset_at(topic, time)?,
            None => bounds.first,
        };
        let (next, search) = match wanted.from {
            Start::Beginning => (first, None),
            Start::End => (bounds.next, None),
            Start::Last(count) if wanted.filter.is_empty() => {
                (bounds.next.saturating_sub(count).max(bounds.first), None)
            }
            Start::Last(count) => (first, Some(Search::new(count, first, bounds.next))),
            Start::Time(time) => (log.offset_at(topic, time)?.max(first), None),
        };
        Ok(Self {
            log: log.clone(),
            topic,
            filter: wanted.filter.clone(),
            search,
            next,
            end: log.watch(topic),
            hidden: HiddenView::open(log.clone())?,
        })
    }

    /// Hands on the next records that are wanted, at most `left`, until `take` says no; `false` at the
    /// end. It reads a little and may find nothing in it, though there is more. Names and summaries
    /// that were hidden since are not in the records, and nothing is found by them.
    pub fn read(
        &mut self,
        left: &mut u64,
        mut take: impl FnMut(RecordRef<'_>) -> bool,
    ) -> Result<bool, LogError> {
        let (topic, filter) = (self.topic, &self.filter);
        let hidden = self.hidden.refresh()?;
        if let Some(search) = &mut self.search {
            let counts =
                |record: RecordRef<'_>| shown(record, topic, filter, hidden, |_| ()).is_some();
            if let Some(start) = search.advance(&self.log, topic, counts)? {
                self.next = start;
                self.search = None;
            }
            return Ok(true);
        }
        let Some(batch) = self.log.read(topic, self.next)? else {
            return Ok(false);
        };
        for record in batch.iter_from(self.next) {
            if *left == 0 {
                return Ok(false);
            }
            self.next = record.offset + 1;
            let Some(goes_on) = shown(record, topic, filter, hidden, &mut take) else {
                continue;
            };
            *left -= 1;
            if !goes_on {
                *left = 0;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits until there is more to read.
    pub async fn more(&mut self) {
        // The log that is held keeps the sender.
        let next = self.next;
        let _ = self.end.wait_for(|end| *end > next).await;
    }
}

/// Hands a record on as it may be shown; `None` if the filter does not take it as such.
fn shown<T>(
    record: RecordRef<'_>,
    topic: Topic,
    filter: &Filter,
    hidden: &Hidden,
    take: impl FnOnce(RecordRef<'_>) -> T,
) -> Option<T> {
    // What is taken out fits nothing more than it did: most records end here.
    if !filter.takes(topic, record.timestamp, record.value) {
        return None;
    }
    let Some(blanked) = hidden.blanked(record.value) else {
        return Some(take(record));
    };
    if !filter.takes(topic, record.timestamp, &blanked) {
        return None;
    }
    // The key of an alert may be the name of a user.
    let subject = match topic {
        Topic::Alerts => serde_json::from_slice::<Subject>(&blanked).ok(),
        _ => None,
    };
    let key = subject
        .as_ref()
        .map_or(record.key, |alert| alert.subject.as_bytes());
    Some(take(RecordRef {
        key,
        value: &blanked,
        ..record
    }))
}
