//! What is replayed: recorded events, one a line, held as the bytes they were recorded as.
//! It does not look into the lines.

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use crate::error::ReplayError;

const SAMPLE: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/sample/recentchange.jsonl.gz"
));

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

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

    /// Reads a file of lines, plain or gzip (told by its first bytes, not by its name).
    pub fn file(path: &Path) -> Result<Self, ReplayError> {
        let name = path.display().to_string();
        match std::fs::read(path) {
            Ok(bytes) => Self::from_bytes(&name, &bytes),
            Err(cause) => Err(ReplayError::Read { name, cause }),
        }
    }

    /// Lines from memory, plain or gzip. `name` is for messages.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, ReplayError> {
        let name = name.to_owned();
        if !bytes.starts_with(&GZIP_MAGIC) {
            return Ok(Self {
                name,
                bytes: Bytes::copy_from_slice(bytes),
            });
        }
        let mut plain = Vec::with_capacity(bytes.len().saturating_mul(8));
        match MultiGzDecoder::new(bytes).read_to_end(&mut plain) {
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

    #[cfg(feature = "server")]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn line_ranges(&self) -> impl Iterator<Item = Range<usize>> {
        let bytes = &self.bytes;
        let mut start = 0;
        let ends = memchr::memchr_iter(b'\n', bytes).chain(std::iter::once(bytes.len()));
        ends.filter_map(move |newline| {
            let line = start..newline;
            start = newline + 1;
            let text = bytes.get(line.clone())?;
            let end = if text.ends_with(b"\r") {
                newline - 1
            } else {
                newline
            };
            (line.start < end).then_some(line.start..end)
        })
    }
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
    fn the_sample_is_whole() {
        assert_eq!(ReplaySource::sample().unwrap().lines().count(), 4_231);
    }

    #[test]
    fn a_torn_gzip_file_is_an_error_that_names_it() {
        let error = ReplaySource::from_bytes("torn.gz", &SAMPLE[..1_000]).unwrap_err();
        assert!(error.to_string().contains("torn.gz"), "{error}");
    }
}
