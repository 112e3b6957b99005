//! Incremental decoder of `text/event-stream`, over bytes: payloads need not be UTF-8. It knows
//! nothing of connections, nor of what the payloads mean.
//!
//! Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>

use bytes::{Bytes, BytesMut};
use memchr::{memchr, memchr2};
use std::time::Duration;

/// How much of an oversized event is kept, in bytes.
pub const OVERSIZED_PREFIX_BYTES: usize = 1024;

/// Longer ids and event names are ignored, in bytes. An id of EventStreams takes some 100 bytes
/// per source partition, and is read for each event.
const MAX_FIELD_BYTES: usize = 16 * 1024;

/// What a line has beside its value at most: a byte order mark and `event: `.
const FIELD_OVERHEAD_BYTES: usize = 3 + 7;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What one block of the stream came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// An event within the limit of its size.
    Event(Event),
    /// An event too large to keep.
    Oversized(Oversized),
}

/// An event as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The last id the server has sent, with this event or before it; empty before the first.
    pub id: Bytes,
    /// Its type; `message` where the server names none.
    pub name: Bytes,
    /// Its data lines, joined by line feeds.
    pub data: Bytes,
}

/// What is left of an event whose data was larger than the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oversized {
    /// The last id the server has sent, with this event or before it; empty before the first.
    pub id: Bytes,
    /// Size of the data, in bytes.
    pub bytes: usize,
    /// The first [`OVERSIZED_PREFIX_BYTES`] of the data.
    pub prefix: Bytes,
}

/// Decoder of one connection's body. Data that arrives in one piece is handed on without a copy;
/// memory is bounded by twice the limit whatever the server sends. What follows the last blank
/// line when the connection ends is no event and is dropped with the decoder.
#[derive(Debug)]
pub struct Decoder {
    max_event_bytes: usize,
    /// The unfinished line, up to what a line can need.
    line: BytesMut,
    /// Length of the unfinished line, with what was not kept.
    line_bytes: usize,
    /// The last chunk ended in a carriage return: a line feed that follows belongs to it.
    after_cr: bool,
    /// No line was finished yet, so the first one may begin with a byte order mark.
    at_start: bool,
    data: Data,
    name: Bytes,
    id: Bytes,
    retry: Option<Duration>,
}

/// Data lines of the event under way.
#[derive(Debug, Default)]
enum Data {
    #[default]
    None,
    One(Bytes),
    Joined(BytesMut),
    Oversized {
        prefix: BytesMut,
        bytes: usize,
    },
}

/// A line in the buffer it lies in. `bytes` exceeds `end - start` if the rest was not kept.
struct Line<'a> {
    buffer: &'a Bytes,
    start: usize,
    end: usize,
    bytes: usize,
}

impl Decoder {
    /// A decoder for a new connection. Events with more than `max_event_bytes` of data are
    /// reported as [`Frame::Oversized`].
    pub fn new(max_event_bytes: usize) -> Self {
        Self {
            max_event_bytes,
            line: BytesMut::new(),
            line_bytes: 0,
            after_cr: false,
            at_start: true,
            data: Data::None,
            name: Bytes::new(),
            id: Bytes::new(),
            retry: None,
        }
    }

    /// The reconnection time that the server asked for last.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Takes the next bytes, split anywhere, and appends the frames they complete.
    pub fn feed(&mut self, chunk: &Bytes, frames: &mut Vec<Frame>) {
        let mut at = 0;
        if self.after_cr && !chunk.is_empty() {
            self.after_cr = false;
            at = usize::from(chunk[0] == b'\n');
        }
        while at < chunk.len() {
            let Some(length) = memchr2(b'\n', b'\r', &chunk[at..]) else {
                self.keep(&chunk[at..]);
                return;
            };
            let end = at + length;
            if self.line_bytes == 0 {
                let line = Line::new(chunk, at, end, length);
                self.take_line(line, frames);
            } else {
                self.keep(&chunk[at..end]);
                let kept = self.line.split().freeze();
                let bytes = std::mem::take(&mut self.line_bytes);
                self.take_line(Line::new(&kept, 0, kept.len(), bytes), frames);
            }
            at = end + 1;
            if chunk[end] == b'\r' {
                match chunk.get(at) {
                    Some(b'\n') => at += 1,
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
        }
    }

    /// Keeps the start of an unfinished line.
    fn keep(&mut self, part: &[u8]) {
        let most = self.max_event_bytes.max(MAX_FIELD_BYTES) + FIELD_OVERHEAD_BYTES;
        let room = most.saturating_sub(self.line.len());
        self.line.extend_from_slice(&part[..part.len().min(room)]);
        self.line_bytes += part.len();
    }

    fn take_line(&mut self, mut line: Line<'_>, frames: &mut Vec<Frame>) {
        if std::mem::take(&mut self.at_start) && line.kept().starts_with(BYTE_ORDER_MARK) {
            line.skip(BYTE_ORDER_MARK.len());
        }
        if line.bytes == 0 {
            self.dispatch(frames);
            return;
        }
        let kept = line.kept();
        let (name, value_at) = match memchr(b':', kept) {
            Some(colon) if kept.get(colon + 1) == Some(&b' ') => (&kept[..colon], colon + 2),
            Some(colon) => (&kept[..colon], colon + 1),
            None => (kept, kept.len()),
        };
        line.skip(value_at);
        let is_short = line.bytes <= MAX_FIELD_BYTES;
        match name {
            b"data" => self.data.push(&line, self.max_event_bytes),
            b"id" if is_short && memchr(0, line.kept()).is_none() => self.id = line.share(),
            b"event" if is_short => self.name = event_name(&line),
            b"retry" => self.retry = milliseconds(line.kept()).or(self.retry),
            _ => {}
        }
    }

    fn dispatch(&mut self, frames: &mut Vec<Frame>) {
        let name = std::mem::take(&mut self.name);
        let data = match std::mem::take(&mut self.data) {
            Data::None => return,
            Data::One(data) => data,
            Data::Joined(data) => data.freeze(),
            Data::Oversized { prefix, bytes } => {
                frames.push(Frame::Oversized(Oversized {
                    id: self.id.clone(),
                    bytes,
                    prefix: prefix.freeze(),
                }));
                return;
            }
        };
        frames.push(Frame::Event(Event {
            id: self.id.clone(),
            name: if name.is_empty() { MESSAGE } else { name },
            data,
        }));
    }
}

/// The type of an event that names none, and of nearly all that do.
const MESSAGE: Bytes = Bytes::from_static(b"message");

fn event_name(line: &Line<'_>) -> Bytes {
    if line.kept() == b"message" {
        MESSAGE
    } else {
        line.share()
    }
}

fn milliseconds(value: &[u8]) -> Option<Duration> {
    if !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = std::str::from_utf8(value).ok()?;
    digits.parse().ok().map(Duration::from_millis)
}

impl Data {
    fn push(&mut self, line: &Line<'_>, limit: usize) {
        let value = line.kept();
        *self = match std::mem::take(self) {
            Self::None if line.bytes <= limit => Self::One(line.share()),
            Self::None => Self::oversized(value, line.bytes),
            Self::One(first) if first.len() + 1 + line.bytes <= limit => {
                let mut joined = BytesMut::with_capacity(first.len() + 1 + line.bytes);
                joined.extend_from_slice(&first);
                Self::join(joined, value)
            }
            Self::One(first) => Self::oversized(&first, first.len()).longer(line),
            Self::Joined(data) if data.len() + 1 + line.bytes <= limit => Self::join(data, value),
            Self::Joined(data) => Self::oversized(&data, data.len()).longer(line),
            oversized @ Self::Oversized { .. } => oversized.longer(line),
        };
    }

    fn join(mut data: BytesMut, value: &[u8]) -> Self {
        data.extend_from_slice(b"\n");
        data.extend_from_slice(value);
        Self::Joined(data)
    }

    fn oversized(start: &[u8], bytes: usize) -> Self {
        let prefix = BytesMut::from(&start[..start.len().min(OVERSIZED_PREFIX_BYTES)]);
        Self::Oversized { prefix, bytes }
    }

    /// Counts a further line of an event already too large.
    fn longer(mut self, line: &Line<'_>) -> Self {
        if let Self::Oversized { prefix, bytes } = &mut self {
            *bytes += 1 + line.bytes;
            for part in [b"\n", line.kept()] {
                let room = OVERSIZED_PREFIX_BYTES - prefix.len();
                prefix.extend_from_slice(&part[..part.len().min(room)]);
            }
        }
        self
    }
}

impl<'a> Line<'a> {
    fn new(buffer: &'a Bytes, start: usize, end: usize, bytes: usize) -> Self {
        Self {
            buffer,
            start,
            end,
            bytes,
        }
    }

    fn kept(&self) -> &'a [u8] {
        &self.buffer[self.start..self.end]
    }

    fn share(&self) -> Bytes {
        self.buffer.slice(self.start..self.end)
    }

    fn skip(&mut self, bytes: usize) {
        self.start += bytes;
        self.bytes -= bytes;
    }
}
