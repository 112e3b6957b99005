//! What is replayed: recorded events, one a line, held as the bytes they were recorded as.
//! It does not look into the events.

use bytes::Bytes;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use crate::error::ReplayError;
use crate::saved::{SavedEvent, SavedEvents, unpacked};

/// What a recording may take. All of it is in memory, with some 300 bytes more for each event.
#[derive(Clone, Copy)]
struct Limits {
    /// Longest event, in bytes.
    event: usize,
    /// All events, in bytes.
    bytes: usize,
    events: usize,
}

impl Limits {
    /// Those of a file; of what has no size, such as a pipe, the usual ones.
    fn of(file: &File) -> io::Result<Self> {
        let found = file.metadata()?;
        let most = found.len().saturating_mul(RATIO).max(SMALL);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(match found.is_file() {
            true => Self {
                bytes: LIMITS.bytes.min(most),
                ..LIMITS
            },
            false => LIMITS,
        })
    }
}

const LIMITS: Limits = Limits {
    // The longest that the readers can be set to take.
    event: 64 << 20,
    bytes: 1 << 30,
    events: 2_000_000,
};

/// A file that unpacks to more than so many times its size, and to more than [`SMALL`] bytes, was made
/// to fill the memory: recorded events shrink to a tenth, generated ones to a thirtieth.
const RATIO: u64 = 50;
const SMALL: u64 = 128 << 20;

/// Bytes by which the memory for events grows: doubling would take three times what they have.
const STEP: usize = 16 << 20;

const SAMPLE: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/sample/recentchange.jsonl.gz"
));

/// Recorded events, one a line, in the order in which they are replayed. All of it is in memory.
#[derive(Debug, Clone)]
pub struct ReplaySource {
    name: String,
    bytes: Bytes,
}

impl ReplaySource {
    /// The sample that is part of the binary; its origin and licences are in
    /// `testdata/sample/README.md`.
    pub fn sample() -> Result<Self, ReplayError> {
        Self::from_bytes("sample", SAMPLE)
    }

    /// Reads events in any form that people have saved them in, see [`crate::saved`].
    pub fn file(path: &Path) -> Result<Self, ReplayError> {
        let name = path.display().to_string();
        let read = File::open(path).and_then(|file| {
            let limits = Limits::of(&file)?;
            bounded(unpacked(file)?, &limits)
        });
        match read {
            Ok(bytes) => Ok(Self {
                name,
                bytes: bytes.into(),
            }),
            Err(cause) => Err(ReplayError::Read { name, cause }),
        }
    }

    /// Lines from memory, in any packing. `name` is for messages.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, ReplayError> {
        let name = name.to_owned();
        let mut plain = Vec::with_capacity(bytes.len());
        match unpacked(bytes).and_then(|mut input| input.read_to_end(&mut plain)) {
            Ok(_) => Ok(Self {
                name,
                bytes: plain.into(),
            }),
            Err(cause) => Err(ReplayError::Read { name, cause }),
        }
    }

    /// What the source is called in messages: `sample` or the file's path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The recorded lines as they are in the file, without their line ends. Empty lines are no
    /// events and are left out; anything else is, be it JSON or not.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.line_ranges().map(|range| &self.bytes[range])
    }

    /// The bytes that the lines are in.
    #[cfg(feature = "server")]
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes.into()
    }

    fn line_ranges(&self) -> impl Iterator<Item = Range<usize>> {
        let mut start = 0;
        std::iter::from_fn(move || {
            let line = line_at(&self.bytes, start)?;
            start = line.end + 1;
            Some(line)
        })
    }
}

/// The first line that is not empty and begins at `start` or later, without its line end.
pub(crate) fn line_at(bytes: &[u8], mut start: usize) -> Option<Range<usize>> {
    while start < bytes.len() {
        let newline = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
        let is_return = newline > start && bytes[newline - 1] == b'\r';
        let end = newline - usize::from(is_return);
        if start < end {
            return Some(start..end);
        }
        start = newline + 1;
    }
    None
}

/// The events of an input, a line each.
fn bounded(input: impl Read, limits: &Limits) -> io::Result<Vec<u8>> {
    let too_large = |what: String| io::Error::new(io::ErrorKind::FileTooLarge, what);
    let mut saved = SavedEvents::new(input, limits.event);
    let (mut lines, mut events): (Vec<u8>, usize) = (Vec::new(), 0);
    while let Some(chunk) = saved.next_chunk()? {
        if chunk.events.contains(&SavedEvent::TooLong) {
            let limit = limits.event;
            return Err(too_large(format!("an event is longer than {limit} bytes")));
        }
        for payload in chunk.payloads() {
            if lines.capacity() - lines.len() <= payload.len() {
                lines.reserve_exact(payload.len().max(STEP) + 1);
            }
            lines.extend_from_slice(payload);
            lines.push(b'\n');
        }
        events += chunk.events.len();
        if lines.len() > limits.bytes || events > limits.events {
            let Limits { bytes, events, .. } = limits;
            return Err(too_large(format!(
                "a replay of it holds up to {events} events and {bytes} bytes, unpacked: split the file"
            )));
        }
    }
    lines.shrink_to_fit();
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_any_line_end_and_empty_ones_are_no_events() {
        let source = ReplaySource::from_bytes("t", b"\na\r\n\r\n b\xff\n\nc\rd").unwrap();
        let lines: Vec<&[u8]> = source.lines().collect();
        assert_eq!(lines, [&b"a"[..], b" b\xff", b"c\rd"]);
    }

    #[test]
    fn a_file_is_read_in_any_form_and_within_its_limits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("saved");
        std::fs::write(
            &path,
            "\u{feff}event: message\ndata: {\"a\":1}\n\ndata: {}\n\n",
        )
        .unwrap();
        let source = ReplaySource::file(&path).unwrap();
        assert_eq!(
            source.lines().collect::<Vec<_>>(),
            [&b"{\"a\":1}"[..], b"{}"]
        );

        let limits = Limits {
            event: 10,
            bytes: 30,
            events: 4,
        };
        let read =
            |text: &str| bounded(text.as_bytes(), &limits).map_err(|error| error.to_string());
        assert_eq!(read("{}\n{}\n"), Ok(b"{}\n{}\n".to_vec()));
        assert!(
            read("{}\n{\"a\":12345}\n")
                .unwrap_err()
                .contains("10 bytes")
        );
        assert!(read(&"{}\n".repeat(5)).unwrap_err().contains("split"));
        assert!(
            read(&"123456789\n".repeat(4))
                .unwrap_err()
                .contains("split")
        );
    }

    #[test]
    fn a_small_file_may_not_unpack_to_a_huge_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bomb.jsonl.gz");
        let file = File::create(&path).unwrap();
        let mut packer = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(1 << 20));
        for _ in 0..=SMALL >> 20 {
            io::Write::write_all(&mut packer, line.as_bytes()).unwrap();
        }
        drop(packer.finish().unwrap());
        assert!(path.metadata().unwrap().len() < SMALL / RATIO);
        let error = ReplaySource::file(&path).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let said = format!("{error}: {}", cause.unwrap_or_default());
        assert!(
            said.contains("bomb.jsonl.gz") && said.contains("134217728 bytes"),
            "{said}"
        );
    }

    #[test]
    fn the_memory_of_a_replay_is_that_of_its_events() {
        let line = format!("{{\"a\":\"{}\"}}\n", "x".repeat(1 << 20));
        let text = line.repeat(40);
        let read = bounded(text.as_bytes(), &LIMITS).unwrap();
        assert!(read.len() == text.len() && read.capacity() < text.len() + (1 << 20));
    }

    #[test]
    fn the_sample_is_whole() {
        assert_eq!(ReplaySource::sample().unwrap().lines().count(), 4_231);
    }

    #[test]
    fn a_torn_gzip_file_is_an_error_that_names_it() {
        let error = ReplaySource::from_bytes("torn.gz", &SAMPLE[..1_000]).unwrap_err();
        assert!(error.to_string().contains("torn.gz"), "{error}");
    }
}
