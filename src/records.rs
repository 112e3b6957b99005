//! Records of topics as commands read them, wherever they are kept.

use crate::error::{Error, Result};
use serde_json::value::RawValue;
use std::borrow::Cow;
use wikisentry_core::time::EventTime;
use wikisentry_engine::tail::TailRecord;
pub use wikisentry_engine::tail::Wanted;

/// A record. Its value is what was stored, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its offset, in its partition.
    pub offset: u64,
    pub timestamp: EventTime,
    pub key: Cow<'a, str>,
    pub value: Cow<'a, [u8]>,
}

/// What reading comes to.
pub enum Next<'a> {
    Record(Record<'a>),
    /// There is no more for now: what was read can be shown.
    Pause,
}

/// Takes what is read; `false` ends it.
pub type Take<'a> = &'a mut dyn FnMut(Next<'_>) -> Result<bool>;

impl Record<'_> {
    /// The record with its value as JSON. What is no JSON, which none of our parts writes, is a
    /// text.
    ///
    /// # Errors
    /// Never for a text: a bug.
    pub fn with_json<T>(&self, take: impl FnOnce(&TailRecord<'_>) -> T) -> Result<T> {
        let quoted;
        let value: &RawValue = match serde_json::from_slice(&self.value) {
            Ok(value) => value,
            Err(_) => {
                quoted = serde_json::value::to_raw_value(&String::from_utf8_lossy(&self.value))?;
                &quoted
            }
        };
        Ok(take(&TailRecord {
            offset: self.offset,
            timestamp: self.timestamp,
            key: Cow::Borrowed(&self.key),
            value,
        }))
    }

    /// The value as one line. Raw events may hold line breaks between tokens; within JSON's texts
    /// they are escaped.
    pub fn push_line(&self, line: &mut Vec<u8>) {
        let begin = line.len();
        line.extend_from_slice(&self.value);
        if memchr::memchr2(b'\n', b'\r', &self.value).is_some() {
            for byte in &mut line[begin..] {
                if matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
        }
        line.push(b'\n');
    }

    /// The same record, independent of what it was read from.
    pub fn into_owned(self) -> Record<'static> {
        Record {
            offset: self.offset,
            timestamp: self.timestamp,
            key: Cow::Owned(self.key.into_owned()),
            value: Cow::Owned(self.value.into_owned()),
        }
    }
}

impl<'a> Record<'a> {
    /// From a line as the embedded platform sends it.
    ///
    /// # Errors
    /// If it is none: a bug.
    pub fn of_line(line: &'a [u8]) -> Result<Self> {
        let record: TailRecord<'a> = serde_json::from_slice(line)
            .map_err(|error| Error::bug(format!("a record's line: {error}")))?;
        Ok(Self {
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key,
            value: Cow::Borrowed(record.value.get().as_bytes()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(value: &[u8]) -> Record<'_> {
        Record {
            offset: 7,
            timestamp: EventTime::default(),
            key: String::from_utf8_lossy(b"enwiki:\xffA"),
            value: value.into(),
        }
    }

    #[test]
    fn a_record_is_one_line_whatever_it_holds() {
        for (value, line) in [
            (&b"{\"a\":1}"[..], &b"{\"a\":1}\n"[..]),
            (b"{\n\"a\":\r\n1}", b"{ \"a\":  1}\n"),
            (b"null", b"null\n"),
        ] {
            let mut lines = Vec::new();
            record(value).push_line(&mut lines);
            assert_eq!(lines, line);
        }
    }

    #[test]
    fn what_is_no_json_is_shown_as_text() {
        for (value, shown) in [
            (&b"{\"a\": 1}"[..], "{\"a\": 1}"),
            (b"oh\xff", "\"oh\u{fffd}\""),
            (b"null", "null"),
        ] {
            let check = |record: &TailRecord<'_>| {
                assert_eq!((record.value.get(), record.offset), (shown, 7));
                assert_eq!(record.key, "enwiki:\u{fffd}A");
            };
            record(value).with_json(check).unwrap();
        }
    }
}
