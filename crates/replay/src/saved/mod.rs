//! Events as people have saved them: one JSON object a line, the text of the feed as curl saves it, one
//! JSON array, or objects that go over several lines; with or without a byte order mark; plain, gzip
//! or Zstandard. The content decides, not the name. It reads as the input comes, in memory
//! that the longest event bounds.

mod form;
mod lines;
mod sse;
mod unpack;
mod values;

#[cfg(test)]
mod tests;

pub use unpack::unpacked;

use form::{Form, Told};
use std::io::{self, Read};
use std::ops::Range;

/// Bytes asked for at once. A pipe gives less, so that what comes slowly is answered at once.
const READ_BYTES: usize = 256 * 1024;

/// A run of events.
#[derive(Debug, Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    pub events: Vec<SavedEvent>,
}

/// One event of a [`Chunk`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavedEvent {
    /// Where its bytes are.
    Whole(Range<usize>),
    /// It was longer than allowed and is gone.
    TooLong,
}

impl Chunk {
    /// The bytes of the events that are not too long.
    pub fn payloads(&self) -> impl Iterator<Item = &[u8]> {
        self.events.iter().filter_map(|event| match event {
            SavedEvent::Whole(range) => Some(&self.bytes[range.clone()]),
            SavedEvent::TooLong => None,
        })
    }

    fn push(&mut self, event: Range<usize>, limit: usize) {
        self.events.push(match event.len() <= limit {
            true => SavedEvent::Whole(event),
            false => SavedEvent::TooLong,
        });
    }
}

/// The events of an input that is not packed, see [`unpacked`].
pub struct SavedEvents<R> {
    input: R,
    /// Longest event, in bytes.
    limit: usize,
    form: Option<Form>,
    /// What was read and belongs to no whole event yet.
    rest: Vec<u8>,
    ended: bool,
}

impl<R: Read> SavedEvents<R> {
    /// `limit` is that of an event, in bytes.
    pub fn new(input: R, limit: usize) -> Self {
        Self {
            input,
            limit,
            form: None,
            rest: Vec::new(),
            ended: false,
        }
    }

    /// The next run of events; `None` at the end.
    ///
    /// # Errors
    /// Of the input.
    pub fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        while !self.ended {
            let begun = self.rest.len();
            self.rest.resize(begun + READ_BYTES, 0);
            let read = read(&mut self.input, &mut self.rest[begun..])?;
            self.rest.truncate(begun + read);
            self.ended = read == 0;
            let form = match &mut self.form {
                Some(form) => form,
                none => match Form::of(&mut self.rest, self.ended) {
                    Told::Form(form) => none.insert(form),
                    Told::NotYet => continue,
                },
            };
            let chunk = form.cut(&mut self.rest, self.ended, self.limit);
            if !chunk.events.is_empty() {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
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
