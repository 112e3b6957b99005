//! Fixed-width little-endian numbers: written with a running checksum, read within bounds.

use crate::labels::label::{LabelKind, LabelSource};
use crate::time::EventTime;
use std::io::{self, Write};
use xxhash_rust::xxh3::Xxh3;

/// Writes numbers and keeps their checksum, XXH3 (64 bits).
pub(super) struct StateWriter<'a, W> {
    out: &'a mut W,
    sum: Xxh3,
}

impl<'a, W: Write> StateWriter<'a, W> {
    pub fn new(out: &'a mut W) -> Self {
        Self {
            out,
            sum: Xxh3::new(),
        }
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.update(bytes);
        self.out.write_all(bytes)
    }

    pub fn u64(&mut self, value: u64) -> io::Result<()> {
        self.bytes(&value.to_le_bytes())
    }

    pub fn i64(&mut self, value: i64) -> io::Result<()> {
        self.bytes(&value.to_le_bytes())
    }

    pub fn u32(&mut self, value: u32) -> io::Result<()> {
        self.bytes(&value.to_le_bytes())
    }

    pub fn u8(&mut self, value: u8) -> io::Result<()> {
        self.bytes(&[value])
    }

    /// Ends with the checksum of all bytes before it.
    pub fn finish(self) -> io::Result<()> {
        let sum = self.sum.digest();
        self.out.write_all(&sum.to_le_bytes())
    }
}

/// Reads the numbers back. Each method gives `None` at the end of the bytes or for a value out of
/// range.
pub(super) struct StateReader<'a> {
    pub rest: &'a [u8],
}

impl<'a> StateReader<'a> {
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// The number of records that follow. It is at most the number of bytes left, so that a damaged
    /// number cannot ask for memory.
    pub fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.u64()?).ok()?;
        (count <= self.rest.len()).then_some(count)
    }

    /// Milliseconds in the range of [`EventTime`].
    pub fn time_ms(&mut self) -> Option<i64> {
        EventTime::from_millis(self.i64()?).map(EventTime::as_millis)
    }

    pub fn source(&mut self) -> Option<LabelSource> {
        LabelSource::ALL.get(usize::from(self.u8()?)).copied()
    }

    pub fn kind(&mut self) -> Option<LabelKind> {
        LabelKind::ALL.get(usize::from(self.u8()?)).copied()
    }
}
