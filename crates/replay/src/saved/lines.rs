//! An event a line, whatever is in it.

use super::{Chunk, SavedEvent};

#[derive(Debug, Default)]
pub(super) struct LineCutter {
    /// How much of the rest holds no line end.
    searched: usize,
    /// The line at the beginning is already too long; its bytes are dropped as they come.
    overlong: bool,
}

impl LineCutter {
    /// Cuts whole lines; blank ones are left out.
    pub fn cut(&mut self, input: &mut Vec<u8>, ended: bool, limit: usize) -> Chunk {
        let mut chunk = self.cut_all(input, ended, limit);
        let Chunk { bytes, events } = &mut chunk;
        events.retain(|line| match line {
            SavedEvent::Whole(line) => !bytes[line.clone()].trim_ascii().is_empty(),
            SavedEvent::TooLong => true,
        });
        chunk
    }

    /// Cuts whole lines, blank ones included.
    pub fn cut_all(&mut self, input: &mut Vec<u8>, ended: bool, limit: usize) -> Chunk {
        let end = match memchr::memrchr(b'\n', &input[self.searched..]) {
            Some(newline) => self.searched + newline,
            None if ended => input.len(),
            None => {
                self.overlong |= input.len() > limit;
                if self.overlong {
                    input.clear();
                }
                self.searched = input.len();
                return Chunk::default();
            }
        };
        let rest = input.get(end + 1..).unwrap_or_default().to_vec();
        let mut bytes = std::mem::replace(input, rest);
        bytes.truncate(end);
        // The rest was read with these lines: it holds no line end.
        self.searched = input.len();
        let mut chunk = Chunk {
            bytes,
            events: Vec::new(),
        };
        let newlines: Vec<usize> = memchr::memchr_iter(b'\n', &chunk.bytes).collect();
        let mut start = 0;
        for end in newlines.into_iter().chain([chunk.bytes.len()]) {
            if std::mem::take(&mut self.overlong) {
                chunk.events.push(SavedEvent::TooLong);
            } else {
                chunk.push(start..end, limit);
            }
            start = end + 1;
        }
        chunk
    }
}
