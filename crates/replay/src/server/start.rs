//! Where a client asks to start: the `Last-Event-ID` header and the `since` parameter, read
//! from untrusted text.

use serde::Deserialize;
use wikisentry_core::time::EventTime;

/// Longer ids are refused: a real one has some hundred bytes for each stream.
const MAX_ID: usize = 64 << 10;

/// Why a start cannot be read; shown to the client.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error("Last-Event-ID is longer than {MAX_ID} bytes")]
    TooLong,
    #[error("Last-Event-ID is no JSON array of topic, partition and offset or timestamp: {0}")]
    Json(#[from] serde_json::Error),
    #[error("Last-Event-ID names no offset and no timestamp for the topic {0}")]
    Neither(String),
    #[error("Last-Event-ID has the offset {offset} for the topic {topic}")]
    Offset { topic: String, offset: i64 },
    #[error("Topics {0} are not available for consumption.")]
    Foreign(String),
    #[error("the time {0} is out of range")]
    Time(i64),
    #[error("since is neither a time as in RFC 3339 nor milliseconds since 1970: {0}")]
    Since(String),
}

/// Where to start in a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// At this offset, inclusive.
    Offset(u64),
    /// At the first event of this time or later.
    Time(EventTime),
    /// Offset -1: behind the last event.
    Latest,
}

#[derive(Deserialize)]
struct Assignment {
    topic: String,
    partition: u32,
    offset: Option<i64>,
    timestamp: Option<i64>,
}

/// Reads `Last-Event-ID`. Partitions other than 0, which no topic of a replay has, are left out.
pub(super) fn read_last_event_id(text: &[u8]) -> Result<Vec<(String, Start)>, StartError> {
    if text.len() > MAX_ID {
        return Err(StartError::TooLong);
    }
    let assignments: Vec<Assignment> = serde_json::from_slice(text)?;
    let mut starts = Vec::new();
    for Assignment {
        topic,
        partition,
        offset,
        timestamp,
    } in assignments
    {
        let start = match (offset, timestamp) {
            (Some(-1), _) => Start::Latest,
            (Some(offset), _) => match offset.try_into() {
                Ok(offset) => Start::Offset(offset),
                Err(_) => return Err(StartError::Offset { topic, offset }),
            },
            (None, Some(millis)) => Start::Time(time(millis)?),
            (None, None) => return Err(StartError::Neither(topic)),
        };
        if partition == 0 {
            starts.push((topic, start));
        }
    }
    Ok(starts)
}

/// Reads `since`: RFC 3339, or milliseconds since 1970.
pub(super) fn read_since(text: &str) -> Result<EventTime, StartError> {
    if let Ok(millis) = text.parse() {
        return time(millis);
    }
    // A `+` that was not encoded arrives as a space.
    EventTime::parse(&text.replace(' ', "+")).ok_or_else(|| StartError::Since(text.to_owned()))
}

fn time(millis: i64) -> Result<EventTime, StartError> {
    EventTime::from_millis(millis).ok_or(StartError::Time(millis))
}
