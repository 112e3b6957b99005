//! What `revision.tags` tells, on disk, by the day it is about, in files of gzipped lines at
//! `lake/labels/KIND/date=YYYY-MM-DD/FIRST-LAST.jsonl.gz`: label facts as received, and the scores
//! that Wikimedia gave. The log keeps them for days, learning needs them for longer. Whoever writes
//! them commits their offsets afterwards: after a crash events are written again, and readers drop
//! what they have seen.

use crate::file::{sync_folder, write_atomically};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use wikisentry_core::event::{Body, Event};

/// A file or folder of label facts that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {error}", path.display())]
pub struct FactsError {
    /// Which.
    pub path: PathBuf,
    /// What the system says.
    pub error: io::Error,
}

impl FactsError {
    fn of(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self {
            path: path.to_owned(),
            error,
        }
    }
}

/// What is kept of `revision.tags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactKind {
    /// Events that say of edits that they revert or were reverted, as received.
    Label,
    /// Scores by Wikimedia: [`RevertRisk`](wikisentry_core::event::RevertRisk) as JSON.
    RevertRisk,
}

impl FactKind {
    /// Its folder in a lake.
    pub fn folder(self, lake: &Path) -> PathBuf {
        lake.join("labels").join(match self {
            FactKind::Label => "facts",
            FactKind::RevertRisk => "revert_risk",
        })
    }

    /// What is kept of an event: its kind and line. `None` for changes of tags and of pages that
    /// have nothing to do with reverts, which most have not.
    fn of(event: &Event<'_>, payload: &[u8]) -> Option<(Self, Vec<u8>)> {
        match &event.body {
            Body::LabelFact(change) if change.added.is_empty() => None,
            Body::Edit(_) if event.revert.is_none() => None,
            Body::LabelFact(_) | Body::Edit(_) => {
                // JSON has line ends between tokens only.
                let bytes = payload.iter().map(|byte| match byte {
                    b'\n' | b'\r' => b' ',
                    byte => *byte,
                });
                Some((Self::Label, bytes.collect()))
            }
            // A record of texts and numbers is always JSON.
            Body::RevertRisk(risk) => Some((Self::RevertRisk, serde_json::to_vec(risk).ok()?)),
            Body::Canary | Body::Other { .. } => None,
        }
    }
}

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

/// A file of label facts with its bytes, not yet written.
pub struct FactFile {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl FactBatch {
    /// Takes what is kept of an event that stands at `offset` of `revision.tags`, as it was parsed
    /// from `payload`. Offsets come in order.
    pub fn push(&mut self, offset: u64, event: &Event<'_>, payload: &[u8]) {
        let Some((kind, line)) = FactKind::of(event, payload) else {
            return;
        };
        let date = event.time.unwrap_or_default().utc().date();
        let day = self.days.entry((kind, date)).or_insert_with(|| Day {
            first: offset,
            last: offset,
            lines: GzEncoder::new(Vec::new(), Compression::default()),
        });
        day.last = offset;
        // Writing into memory does not fail.
        let _ = day.lines.write_all(&line);
        let _ = day.lines.write_all(b"\n");
    }

    /// The files to write in the lake.
    ///
    /// # Errors
    /// None in practice: it is packed in memory.
    pub fn close(self, lake: &Path) -> Result<Vec<FactFile>, FactsError> {
        let days = self.days.into_iter().map(|((kind, date), day)| {
            let name = format!("{:020}-{:020}.jsonl.gz", day.first, day.last);
            let folder = kind.folder(lake);
            let path = folder.join(format!("date={date}")).join(name);
            let bytes = day.lines.finish().map_err(FactsError::of(&path))?;
            Ok(FactFile { path, bytes })
        });
        days.collect()
    }
}

/// Writes the files, durably. May be repeated after an error.
///
/// # Errors
/// If a file or its folder cannot be written.
pub fn write(files: &[FactFile]) -> Result<(), FactsError> {
    for FactFile { path, bytes } in files {
        let path = free(path, bytes);
        let day = path.parent().unwrap_or(&path);
        let is_new = !day.is_dir();
        write_atomically(&path, bytes).map_err(FactsError::of(&path))?;
        if is_new {
            // The folders above were made with it: of the kind, `labels` and the lake's own.
            for above in day.ancestors().skip(1).take(3) {
                sync_folder(above).map_err(FactsError::of(above))?;
            }
        }
    }
    Ok(())
}

/// The path, or one beside it: a log that was lost starts again at offset 0, and its files must not
/// replace those of the log before. A file that was written already is written over.
fn free(path: &Path, bytes: &[u8]) -> PathBuf {
    let mut free = path.to_owned();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.trim_end_matches(".jsonl.gz");
    let mut number = 2;
    while std::fs::read(&free).is_ok_and(|there| there != bytes) {
        free = path.with_file_name(format!("{stem}-{number}.jsonl.gz"));
        number += 1;
    }
    free
}
