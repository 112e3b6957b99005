//! Turns a recorded line into a payload with holes for `meta.topic`, `meta.partition`,
//! `meta.offset` and, in later rounds, `meta.id`. All other bytes stay as they were recorded:
//! the JSON is cut and put together, never parsed and written again.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::ops::Range;
use wikisentry_core::time::EventTime;

/// A part of a payload, in the order of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// Bytes `from..to` of the recording.
    Recorded {
        from: usize,
        to: usize,
    },
    /// A carriage return was here.
    LineBreak,
    /// Bytes that the recording lacks.
    Inserted(&'static str),
    /// The name of the event's topic, without quotes.
    Topic,
    Offset,
    /// The recorded bytes `from..to` are the id, quotes included.
    Id {
        from: usize,
        to: usize,
    },
}

/// What the replay must know of an event, all of it from `meta`.
#[derive(Debug, Default)]
pub(super) struct EventMeta {
    /// `meta.stream`, where it can be the name of a stream.
    pub stream: Option<String>,
    /// `meta.topic`, where it can be the name of a topic.
    pub topic: Option<String>,
    /// `meta.dt`, where it is a time.
    pub time: Option<EventTime>,
    /// `$schema`, where it is a plain string.
    pub schema: Option<String>,
}

/// Longest name of a topic that Kafka allows.
const MAX_NAME: usize = 249;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    meta: &'a RawValue,
    #[serde(borrow, default, rename = "$schema", deserialize_with = "present")]
    schema: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    dt: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    stream: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    topic: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    partition: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    offset: Option<&'a RawValue>,
}

/// Keeps `null` apart from absent: a null member must be replaced, not joined by a second one.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(d: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(d).map(Some)
}

/// Appends the pieces of the line `recording[line]` to `pieces` and says what it knows of it.
/// A line that is no JSON object with one `meta` object is one recorded piece.
pub(super) fn cut(recording: &[u8], line: Range<usize>, pieces: &mut Vec<Piece>) -> EventMeta {
    let Some((facts, cuts)) = std::str::from_utf8(&recording[line.clone()])
        .ok()
        .and_then(read)
    else {
        push_recorded(recording, line, pieces);
        return EventMeta::default();
    };
    let mut done = line.start;
    for (range, with) in cuts {
        let (from, to) = (line.start + range.start, line.start + range.end);
        push_recorded(recording, done..from, pieces);
        pieces.extend(with.iter().map(|piece| match piece {
            Piece::Id { .. } => Piece::Id { from, to },
            other => *other,
        }));
        done = to;
    }
    push_recorded(recording, done..line.end, pieces);
    facts
}

fn push_recorded(recording: &[u8], range: Range<usize>, pieces: &mut Vec<Piece>) {
    let mut from = range.start;
    for to in memchr::memchr_iter(b'\r', &recording[range.clone()]).map(|at| range.start + at) {
        pieces.extend([Piece::Recorded { from, to }, Piece::LineBreak]);
        from = to + 1;
    }
    pieces.push(Piece::Recorded {
        from,
        to: range.end,
    });
}

/// A range of the line and what stands in its place.
type Cut = (Range<usize>, Vec<Piece>);

fn read(line: &str) -> Option<(EventMeta, Vec<Cut>)> {
    // Serde reads arrays into structs too; only objects are events.
    let object = |text: &str| text.trim_ascii_start().starts_with('{');
    let envelope: Line = object(line).then(|| serde_json::from_str(line).ok())??;
    let raw = envelope.meta.get();
    let meta: Meta = object(raw).then(|| serde_json::from_str(raw).ok())??;

    let topic = [Piece::Inserted("\""), Piece::Topic, Piece::Inserted("\"")];
    let mut cuts: Vec<Cut> = Vec::with_capacity(5);
    let mut missing: Vec<Piece> = Vec::new();
    let members: [(&'static str, Option<&RawValue>, &[Piece]); 3] = [
        ("\"topic\":", meta.topic, &topic),
        ("\"partition\":", meta.partition, &[Piece::Inserted("0")]),
        ("\"offset\":", meta.offset, &[Piece::Offset]),
    ];
    for (key, value, with) in members {
        if let Some(value) = value {
            cuts.push((place(line, value.get()), with.to_vec()));
        } else {
            missing.extend([Piece::Inserted(","), Piece::Inserted(key)]);
            missing.extend(with);
        }
    }
    if !missing.is_empty() {
        let end = place(line, raw).end - 1;
        let is_empty = raw[1..raw.len() - 1].trim_ascii().is_empty();
        cuts.push((end..end, missing.split_off(usize::from(is_empty))));
    }
    if let Some(id) = meta.id.filter(|id| id.get().starts_with('"')) {
        cuts.push((place(line, id.get()), vec![Piece::Id { from: 0, to: 0 }]));
    }
    cuts.sort_by_key(|(range, _)| range.start);

    let facts = EventMeta {
        stream: meta.stream.and_then(name),
        topic: meta.topic.and_then(name),
        time: meta.dt.and_then(text).and_then(|dt| EventTime::parse(&dt)),
        schema: envelope
            .schema
            .and_then(text)
            .filter(|s| s.bytes().all(is_schema_byte)),
    };
    Some((facts, cuts))
}

/// Where a part lies in the line that it was borrowed from.
fn place(line: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - line.as_ptr() as usize;
    start..start + part.len()
}

fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// A string that Kafka would take for a topic, and that needs no escaping anywhere.
fn name(value: &RawValue) -> Option<String> {
    let may_be = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    text(value).filter(|n| !n.is_empty() && n.len() <= MAX_NAME && n.bytes().all(may_be))
}

fn is_schema_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/')
}
