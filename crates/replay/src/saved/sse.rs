//! The text of an event stream: the data of each event. Names, ids and comments are passed over.

use super::lines::LineCutter;
use super::{Chunk, SavedEvent};

/// What a line of data has beside the data.
const FIELD: &[u8] = b"data:";

#[derive(Debug, Default)]
pub(super) struct SseCutter {
    lines: LineCutter,
    /// Data of an event that has not ended.
    data: Vec<u8>,
    overlong: bool,
}

impl SseCutter {
    pub fn cut(&mut self, input: &mut Vec<u8>, ended: bool, limit: usize) -> Chunk {
        // Blank lines end events: each line is looked at.
        let mut chunk = Chunk::default();
        let lines = self.lines.cut_all(input, ended, limit + FIELD.len() + 1);
        for line in &lines.events {
            match line {
                SavedEvent::Whole(range) => {
                    self.line(&lines.bytes[range.clone()], limit, &mut chunk)
                }
                // Nothing else that a stream has is as long.
                SavedEvent::TooLong => self.overlong = true,
            }
        }
        // A stream that is saved ends anywhere, mostly within an event.
        if ended && (self.overlong || self.data.ends_with(b"}")) {
            self.end(&mut chunk);
        }
        chunk
    }

    fn line(&mut self, line: &[u8], limit: usize, chunk: &mut Chunk) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let data = match line.strip_prefix(FIELD) {
            Some(data) => data.strip_prefix(b" ").unwrap_or(data),
            None if line.starts_with(b"{") => line,
            None if line.is_empty() => return self.end(chunk),
            None => return,
        };
        // Blank lines may be gone, as after `grep`.
        if data.starts_with(b"{") {
            self.end(chunk);
        }
        if !self.data.is_empty() {
            self.data.push(b' ');
        }
        if self.data.len() + data.len() > limit {
            self.data.clear();
            self.overlong = true;
        } else if !self.overlong {
            self.data.extend_from_slice(data);
        }
    }

    fn end(&mut self, chunk: &mut Chunk) {
        if std::mem::take(&mut self.overlong) {
            chunk.events.push(SavedEvent::TooLong);
        } else if !self.data.is_empty() {
            let start = chunk.bytes.len();
            chunk.bytes.extend_from_slice(&self.data);
            chunk
                .events
                .push(SavedEvent::Whole(start..chunk.bytes.len()));
        }
        self.data.clear();
    }
}
