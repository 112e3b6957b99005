//! One file of facts, as bytes: gzipped lines.

use super::MOST_BYTES;
use crate::error::LakeError;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::mem;

/// A file in the making. All facts of it are of one kind and day.
pub struct FactWriter {
    lines: GzEncoder<Vec<u8>>,
    /// Of the lines, unpacked.
    bytes: u64,
}

impl Default for FactWriter {
    fn default() -> Self {
        Self {
            lines: GzEncoder::new(Vec::new(), Compression::default()),
            bytes: 0,
        }
    }
}

impl FactWriter {
    /// Adds the line of a [`KeptFact`](super::KeptFact).
    ///
    /// # Errors
    /// If the file would hold more than readers accept.
    pub fn push(&mut self, line: &[u8]) -> Result<(), LakeError> {
        let found = self.bytes + line.len() as u64 + 1;
        if found > MOST_BYTES {
            return Err(LakeError::TooLarge {
                path: "(a file of facts being written)".into(),
                unit: "bytes unpacked",
                found,
                most: MOST_BYTES,
            });
        }
        self.write(line);
        Ok(())
    }

    /// The same without a limit.
    pub(super) fn write(&mut self, line: &[u8]) {
        self.bytes += line.len() as u64 + 1;
        let written = self.lines.write_all(line);
        written
            .and_then(|()| self.lines.write_all(b"\n"))
            .expect("writing into memory does not fail");
    }

    /// Packed bytes held, those of [`FactWriter::take`].
    pub fn memory_bytes(&self) -> usize {
        self.lines.get_ref().len()
    }

    /// The bytes of the file that are final and were not taken yet, in order.
    pub fn take(&mut self) -> Vec<u8> {
        mem::take(self.lines.get_mut())
    }

    /// The last bytes of the file, after those that were taken.
    pub fn finish(self) -> Vec<u8> {
        let last = self.lines.finish();
        last.expect("writing into memory does not fail")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn a_file_taken_piece_by_piece_is_the_one_written_at_once() {
        let lines: Vec<String> = (0..20_000).map(|n| format!("{{\"fact\":{n}}}")).collect();
        let (mut whole, mut pieces) = (FactWriter::default(), FactWriter::default());
        let mut taken = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            whole.push(line.as_bytes()).unwrap();
            pieces.push(line.as_bytes()).unwrap();
            if at % 100 == 0 {
                taken.extend(pieces.take());
                assert_eq!(pieces.memory_bytes(), 0);
            }
        }
        taken.extend(pieces.finish());
        assert_eq!(taken, whole.finish());
        let mut text = String::new();
        GzDecoder::new(&taken[..])
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, lines.join("\n") + "\n");
    }

    #[test]
    fn a_file_holds_no_more_than_readers_take() {
        let mut file = FactWriter {
            bytes: MOST_BYTES - 3,
            ..FactWriter::default()
        };
        file.push(b"{}").unwrap();
        let error = file.push(b"").unwrap_err();
        assert!(matches!(error, LakeError::TooLarge { .. }), "{error}");
    }
}
