//! Label facts on their way to disk: which events are kept, and in which file.

use super::{FactKind, StoredFacts};
use crate::error::LakeError;
use crate::storage::Key;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::io::Write;
use wikisentry_core::event::{Body, Event};
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
    lines: GzEncoder<Vec<u8>>,
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
        let Some((kind, mut line)) = kept(event, payload) else {
            return;
        };
        line.push(b'\n');
        let date = event.time.unwrap_or_default().bounded(arrival).utc().date();
        let day = self.days.entry((kind, date)).or_insert_with(|| Day {
            first: offset,
            last: offset,
            lines: GzEncoder::new(Vec::new(), Compression::default()),
        });
        day.last = offset;
        day.lines
            .write_all(&line)
            .expect("writing into memory does not fail");
    }

    /// The files to write.
    pub fn close(self) -> Vec<FactFile> {
        let days = self.days.into_iter().map(|((kind, date), day)| FactFile {
            day: kind.day(date),
            offsets: (day.first, day.last),
            bytes: day
                .lines
                .finish()
                .expect("writing into memory does not fail"),
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
            let name = format!("{first:020}-{last:020}{twin}.jsonl.gz");
            let key = file.day.clone().join(name);
            match self.storage.is_same(&key, &file.bytes)? {
                Some(false) => number += 1,
                _ => return Ok(key),
            }
        }
    }
}

/// What is kept of an event: its kind and line. `None` for changes of tags and of pages that have
/// nothing to do with reverts, which most have not.
fn kept(event: &Event<'_>, payload: &[u8]) -> Option<(FactKind, Vec<u8>)> {
    match &event.body {
        Body::LabelFact(change) if change.added.is_empty() => None,
        Body::Edit(_) if event.revert.is_none() => None,
        Body::LabelFact(_) | Body::Edit(_) => {
            // JSON has line ends between tokens only.
            let bytes = payload.iter().map(|byte| match byte {
                b'\n' | b'\r' => b' ',
                byte => *byte,
            });
            Some((FactKind::Label, bytes.collect()))
        }
        Body::RevertRisk(risk) => {
            let line = serde_json::to_vec(risk).expect("texts and numbers are always JSON");
            Some((FactKind::RevertRisk, line))
        }
        Body::Canary | Body::Other { .. } => None,
    }
}
