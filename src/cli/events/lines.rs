//! Cuts input into runs of whole lines, as fast as the input comes and in bounded memory.

use std::io::{self, Read};
use std::ops::Range;

/// Bytes asked for at once. A pipe gives less, so that what comes slowly is answered at once.
const READ_BYTES: usize = 256 * 1024;

/// A run of whole lines.
pub(in crate::cli) struct Chunk {
    bytes: Vec<u8>,
    /// In input order; blank lines are left out.
    pub lines: Vec<Line>,
}

/// One line of a [`Chunk`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Line {
    /// Where its bytes are.
    Whole(Range<usize>),
    /// It was longer than allowed and is gone.
    TooLong,
}

impl Chunk {
    /// The bytes of the lines that are not too long.
    pub fn payloads(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().filter_map(|line| match line {
            Line::Whole(range) => Some(&self.bytes[range.clone()]),
            Line::TooLong => None,
        })
    }

    fn push(&mut self, line: Range<usize>, limit: usize) {
        if line.len() > limit {
            self.lines.push(Line::TooLong);
        } else if !self.bytes[line.clone()].trim_ascii().is_empty() {
            self.lines.push(Line::Whole(line));
        }
    }
}

/// The lines of an input.
pub(in crate::cli) struct Lines<R> {
    input: R,
    /// Longest line, in bytes.
    limit: usize,
    /// The beginning of a line whose end was not read yet.
    unfinished: Vec<u8>,
    /// That line is already too long; its bytes are dropped as they come.
    overlong: bool,
    ended: bool,
}

impl<R: Read> Lines<R> {
    pub fn new(input: R, limit: usize) -> Self {
        Self {
            input,
            limit,
            unfinished: Vec::new(),
            overlong: false,
            ended: false,
        }
    }

    /// The next run of lines; `None` at the end.
    pub fn next(&mut self) -> io::Result<Option<Chunk>> {
        while !self.ended {
            let mut bytes = std::mem::take(&mut self.unfinished);
            let begun = bytes.len();
            bytes.resize(begun + READ_BYTES, 0);
            let read = read(&mut self.input, &mut bytes[begun..])?;
            bytes.truncate(begun + read);
            self.ended = read == 0;
            let end = match memchr::memrchr(b'\n', &bytes[begun..]) {
                Some(newline) => begun + newline,
                None if self.ended => bytes.len(),
                None => {
                    self.overlong |= bytes.len() > self.limit;
                    if self.overlong {
                        bytes.clear();
                    }
                    self.unfinished = bytes;
                    continue;
                }
            };
            if let Some(rest) = bytes.get(end + 1..) {
                self.unfinished = rest.to_vec();
                bytes.truncate(end);
            }
            return Ok(Some(self.cut(bytes)));
        }
        Ok(None)
    }

    /// Cuts bytes that end where a line ends.
    fn cut(&mut self, bytes: Vec<u8>) -> Chunk {
        let mut chunk = Chunk {
            bytes,
            lines: Vec::new(),
        };
        let newlines: Vec<usize> = memchr::memchr_iter(b'\n', &chunk.bytes).collect();
        let mut start = 0;
        for end in newlines.into_iter().chain([chunk.bytes.len()]) {
            if std::mem::take(&mut self.overlong) {
                chunk.lines.push(Line::TooLong);
            } else {
                chunk.push(start..end, self.limit);
            }
            start = end + 1;
        }
        chunk
    }
}

fn read(input: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives its bytes in pieces of the given sizes, over and over.
    struct Trickle<'a>(&'a [u8], Vec<usize>, usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let size = self.1[self.2 % self.1.len()]
                .min(self.0.len())
                .min(into.len());
            self.2 += 1;
            into[..size].copy_from_slice(&self.0[..size]);
            self.0 = &self.0[size..];
            Ok(size)
        }
    }

    /// The lines, `None` for one that was too long.
    fn lines(input: impl Read, limit: usize) -> Vec<Option<Vec<u8>>> {
        let mut lines = Lines::new(input, limit);
        let mut found = Vec::new();
        while let Some(chunk) = lines.next().unwrap() {
            for line in &chunk.lines {
                found.push(match line {
                    Line::Whole(range) => Some(chunk.bytes[range.clone()].to_vec()),
                    Line::TooLong => None,
                });
            }
        }
        found
    }

    #[test]
    fn blank_lines_are_passed_over_and_the_last_needs_no_line_end() {
        let found = lines(&b"\na\n \r\n\nbc\r\nd"[..], 10);
        let expected = ["a", "bc\r", "d"].map(|line| Some(line.as_bytes().to_vec()));
        assert_eq!(found, expected);
        assert_eq!(lines(&b""[..], 10), []);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_the_input_comes(
            text in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'a'), Just(b' ')], 0..200),
            sizes in proptest::collection::vec(1usize..20, 1..5),
        ) {
            let expected: Vec<_> = text
                .split(|byte| *byte == b'\n')
                .filter(|line| line.len() > 5 || !line.trim_ascii().is_empty())
                .map(|line| (line.len() <= 5).then(|| line.to_vec()))
                .collect();
            prop_assert_eq!(lines(Trickle(&text, sizes, 0), 5), expected);
        }
    }
}
