//! Label facts on their way to disk: in which file they are kept.

use super::{FACTS_SUFFIX, FactKind, FactWriter, KeptFact, StoredFacts};
use crate::error::LakeError;
use crate::storage::Key;
use jiff::civil::Date;
use std::collections::BTreeMap;
use wikisentry_core::event::Event;
use wikisentry_core::time::EventTime;

/// Label facts that wait to be written, packed.
#[derive(Default)]
pub struct FactBatch {
    days: BTreeMap<(FactKind, Date), Day>,
}

/// What is kept of one day, packed.
struct Day {
    first: u64,
    last: u64,
    lines: FactWriter,
}

/// The facts of a day with their place, not yet written.
pub struct FactFile {
    day: Key,
    /// Offsets of the first and of the last fact.
    offsets: (u64, u64),
    bytes: Vec<u8>,
}

impl FactBatch {
    /// Takes what is kept of an event that stands at `offset` of `revision.tags` and came at
    /// `arrival`, as it was parsed from `payload`. Offsets come in order.
    pub fn push(&mut self, offset: u64, arrival: EventTime, event: &Event<'_>, payload: &[u8]) {
        let Some(fact) = KeptFact::of(event, arrival, payload) else {
            return;
        };
        let place = (fact.kind, fact.time.utc().date());
        let day = self.days.entry(place).or_insert_with(|| Day {
            first: offset,
            last: offset,
            lines: FactWriter::default(),
        });
        day.last = offset;
        day.lines.write(&fact.line);
    }

    /// The files to write.
    pub fn close(self) -> Vec<FactFile> {
        let days = self.days.into_iter().map(|((kind, date), day)| FactFile {
            day: kind.day(date),
            offsets: (day.first, day.last),
            bytes: day.lines.finish(),
        });
        days.collect()
    }
}

impl StoredFacts {
    /// Writes the files, durably. May be repeated after an error and after a crash.
    ///
    /// # Errors
    /// If a file or its folder cannot be written.
    pub fn write(&self, files: &[FactFile]) -> Result<(), LakeError> {
        for file in files {
            let key = self.free(file)?;
            self.storage.put(&key, &file.bytes)?;
        }
        // Also the folders that a run before this one made and was killed over.
        Ok(self.storage.force(files.iter().map(|file| &file.day))?)
    }

    /// The file's key, or one beside it: a log that was lost starts again at offset 0, and its files
    /// must not replace those of the log before. A file that was written already is written over.
    fn free(&self, file: &FactFile) -> Result<Key, LakeError> {
        let (first, last) = file.offsets;
        let mut number = 1;
        loop {
            let twin = match number {
                1 => String::new(),
                number => format!("-{number}"),
            };
            let name = format!("{first:020}-{last:020}{twin}{FACTS_SUFFIX}");
            let key = file.day.clone().join(name);
            match self.storage.is_same(&key, &file.bytes)? {
                Some(false) => number += 1,
                _ => return Ok(key),
            }
        }
    }
}
