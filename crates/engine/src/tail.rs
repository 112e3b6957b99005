//! Reading a topic from a point on without being a consumer of it: for `tail` and the API.

use crate::hidden::HiddenView;
use crate::log::{Log, LogError, RecordRef};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use tokio::sync::watch;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;

/// Where a reader of a topic starts; `FromStr` takes what `tail --from` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// With the oldest record kept.
    Beginning,
    /// With the next record to come.
    End,
    /// This many records before the end.
    Last(u64),
    /// With the first record written at this time or later.
    Time(EventTime),
}

impl FromStr for From {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "beginning" => return Ok(From::Beginning),
            "end" => return Ok(From::End),
            _ => {}
        }
        if let Ok(count) = text.parse() {
            return Ok(From::Last(count));
        }
        EventTime::parse(text)
            .map(From::Time)
            .ok_or_else(|| format!("`{text}` is not `beginning`, `end`, a number or a time"))
    }
}

impl fmt::Display for From {
    /// As [`FromStr`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            From::Beginning => f.write_str("beginning"),
            From::End => f.write_str("end"),
            From::Last(count) => count.fmt(f),
            From::Time(time) => time.fmt(f),
        }
    }
}

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
    next: u64,
    end: watch::Receiver<u64>,
    hidden: HiddenView,
}

impl Tail {
    /// Starts reading at `from`.
    pub fn open(log: &Log, topic: Topic, from: From) -> Result<Self, LogError> {
        let bounds = log.bounds(topic);
        let next = match from {
            From::Beginning => bounds.first,
            From::End => bounds.next,
            From::Last(count) => bounds.next.saturating_sub(count).max(bounds.first),
            From::Time(time) => log.offset_at(topic, time)?,
        };
        Ok(Self {
            log: log.clone(),
            topic,
            next,
            end: log.watch(topic),
            hidden: HiddenView::open(log.clone())?,
        })
    }

    /// Hands on the next records, at most `left`, until `take` says no; `false` at the end. Names and
    /// summaries that were hidden since are not in them.
    pub fn read(
        &mut self,
        left: &mut u64,
        mut take: impl FnMut(RecordRef<'_>) -> bool,
    ) -> Result<bool, LogError> {
        let Some(batch) = self.log.read(self.topic, self.next)? else {
            return Ok(false);
        };
        let hidden = self.hidden.refresh()?;
        for record in batch.iter_from(self.next) {
            if *left == 0 {
                return Ok(false);
            }
            *left -= 1;
            self.next = record.offset + 1;
            let blanked = hidden.blanked(record.value);
            let shown = match &blanked {
                Some(value) => RecordRef { value, ..record },
                None => record,
            };
            // The key of an alert may be the name of a user.
            let subject = blanked.as_deref().filter(|_| self.topic == Topic::Alerts);
            let subject = subject.and_then(|alert| serde_json::from_slice::<Subject>(alert).ok());
            let shown = match &subject {
                Some(alert) => RecordRef {
                    key: alert.subject.as_bytes(),
                    ..shown
                },
                None => shown,
            };
            if !take(shown) {
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
