//! The elements of an array, or values that follow each other and may go over several lines. Line
//! breaks within an event become blanks: what comes out is a line.

use super::{Chunk, SavedEvent};

#[derive(Debug, Default)]
pub(super) struct ValueCutter {
    /// How much of the rest was looked at: it belongs to the value at its beginning.
    looked: usize,
    /// Within the value at the beginning.
    in_value: bool,
    in_text: bool,
    after_backslash: bool,
    /// Objects and arrays that are open within the value.
    depth: usize,
    /// The value is already too long; its bytes are dropped as they come.
    overlong: bool,
    /// Within the array that has the values as elements.
    in_array: bool,
}

impl ValueCutter {
    pub fn cut(&mut self, input: &mut Vec<u8>, ended: bool, limit: usize) -> Chunk {
        let mut chunk = Chunk::default();
        let mut bytes = std::mem::take(input);
        let mut start = 0;
        for (at, place) in bytes.iter_mut().enumerate().skip(self.looked) {
            let byte = *place;
            if !self.in_value {
                if self.is_between(byte) {
                    continue;
                }
                (self.in_value, start) = (true, at);
            }
            if matches!(byte, b'\n' | b'\r') {
                *place = b' ';
            }
            if let Some(end) = self.end(byte, at) {
                self.push(start..end, limit, &mut chunk);
                // What ended a bare word may end the array, too.
                if end == at {
                    self.is_between(byte);
                }
            }
        }
        if self.in_value {
            if ended {
                self.push(start..bytes.len(), limit, &mut chunk);
            } else if self.overlong || bytes.len() - start > limit {
                self.overlong = true;
            } else {
                *input = bytes[start..].to_vec();
            }
        }
        self.looked = input.len();
        chunk.bytes = bytes;
        chunk
    }

    /// Whether a byte stands between values; brackets there are those of the array around them.
    fn is_between(&mut self, byte: u8) -> bool {
        match byte {
            b'[' if !self.in_array => self.in_array = true,
            b']' if self.in_array => self.in_array = false,
            b',' if self.in_array => {}
            byte => return byte.is_ascii_whitespace(),
        }
        true
    }

    /// Where the value ends, if it does with this byte or before it.
    fn end(&mut self, byte: u8, at: usize) -> Option<usize> {
        if self.in_text {
            let is_end = byte == b'"' && !self.after_backslash;
            self.after_backslash = byte == b'\\' && !self.after_backslash;
            self.in_text = !is_end;
            return (is_end && self.depth == 0).then_some(at + 1);
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                return (self.depth == 0).then_some(at + 1);
            }
            // Of a bare word, such as a number.
            b',' | b']' | b' ' | b'\t' | b'\n' | b'\r' if self.depth == 0 => return Some(at),
            _ => {}
        }
        None
    }

    fn push(&mut self, value: std::ops::Range<usize>, limit: usize, chunk: &mut Chunk) {
        self.in_value = false;
        self.in_text = false;
        self.depth = 0;
        if std::mem::take(&mut self.overlong) {
            chunk.events.push(SavedEvent::TooLong);
        } else if !value.is_empty() {
            // A comma or a bracket too many is nothing.
            chunk.push(value, limit);
        }
    }
}
