//! What `revision.tags` tells, on disk, by the day it is about, in files of gzipped lines at
//! `lake/labels/KIND/date=YYYY-MM-DD/FIRST-LAST.jsonl.gz`: label facts as received, and the scores
//! that Wikimedia gave. The log keeps them for days, learning needs them for longer. A file is
//! there before its offsets are committed: after a crash events are written again, and readers drop
//! what they have seen.

use crate::archive::Lake;
use crate::consume::{Consumer, Fetched};
use crate::durable::{sync_folder, write_atomically};
use crate::log::{Log, LogError, Transaction};
use crate::patience::Patience;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::topic::Topic;

/// The consumer's name in the log.
pub const CONSUMER: &str = "facts";
/// Looks at the clock and the stop flag at least this often.
const IDLE: Duration = Duration::from_millis(500);
/// A quiet stream is written out after this long.
const QUIET: Duration = Duration::from_secs(2);
/// Events that wait at most.
const MAX_EVENTS: usize = 10_000;

/// Why label facts cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A file or folder cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl FactsError {
    /// Whether waiting may mend it, e.g. a full disk.
    fn is_transient(&self) -> bool {
        match self {
            Self::Log(error) => error.is_retryable(),
            Self::Io { .. } => true,
        }
    }

    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self::Io {
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

/// Carries `revision.tags` to disk; one thread owns it.
pub struct FactArchiver {
    log: Log,
    consumer: Consumer,
    lake: PathBuf,
    interval: Duration,
}

/// Events that wait to be written.
#[derive(Default)]
struct Batch {
    days: BTreeMap<(FactKind, Date), Day>,
    /// Read, whether kept or not.
    events: usize,
}

/// What is kept of one day, packed.
struct Day {
    first: u64,
    last: u64,
    lines: GzEncoder<Vec<u8>>,
}

impl FactArchiver {
    /// Picks up at the committed offset. Events are written out at least every `interval`.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn open(log: Log, lake: &Lake, interval: Duration) -> Result<Self, FactsError> {
        let consumer = Consumer::open(log.clone(), CONSUMER, &[Topic::RevisionTags])?;
        Ok(Self {
            log,
            consumer,
            lake: lake.root().to_owned(),
            interval,
        })
    }

    /// Writes until told to stop; then what it holds.
    ///
    /// # Errors
    /// If the log fails in a way that does not pass.
    pub fn run(mut self, runtime: &Handle, patience: &Patience) -> Result<(), FactsError> {
        while !patience.stop.is_cancelled() {
            let batch = self.fill(runtime, patience)?;
            self.flush(batch, patience)?;
        }
        Ok(())
    }

    /// Reads until enough waits, for long enough, or the stream is quiet, or until told to stop.
    fn fill(&mut self, runtime: &Handle, patience: &Patience) -> Result<Batch, FactsError> {
        let mut batch = Batch::default();
        let mut first: Option<Instant> = None;
        let mut last = Instant::now();
        while !patience.stop.is_cancelled() && batch.events < MAX_EVENTS {
            let fetch = || self.consumer.fetch();
            let Some(fetched) = patience.insist(fetch, LogError::is_retryable)? else {
                break;
            };
            if let Some(fetched) = fetched {
                batch.take(&fetched);
                self.consumer.advance(&fetched);
                last = Instant::now();
                first.get_or_insert(last);
                continue;
            }
            let is_due = |first: Instant| first.elapsed() >= self.interval;
            if first.is_some_and(|first| is_due(first) || last.elapsed() >= QUIET) {
                break;
            }
            self.consumer.wait(runtime, &patience.stop, IDLE);
        }
        Ok(batch)
    }

    /// The files first, then the offset.
    fn flush(&self, batch: Batch, patience: &Patience) -> Result<(), FactsError> {
        if batch.events == 0 {
            return Ok(());
        }
        let files = batch.close(&self.lake)?;
        let written = patience.insist(|| write(&files), FactsError::is_transient)?;
        if written.is_none() {
            return Ok(());
        }
        let mut tx = Transaction::new();
        self.consumer.stage(&mut tx);
        // Where this is not committed any more, the next start writes the events again.
        patience.commit(&self.log, tx)?;
        Ok(())
    }
}

impl Batch {
    fn take(&mut self, fetched: &Fetched) {
        for record in fetched.records() {
            self.events += 1;
            let Ok(event) = Event::parse(record.value) else {
                // Ingest has read the same bytes with the same parser.
                tracing::error!(offset = record.offset, "no event in revision.tags");
                continue;
            };
            let Some((kind, line)) = FactKind::of(&event, record.value) else {
                continue;
            };
            let date = event.time.unwrap_or_default().utc().date();
            let day = self.days.entry((kind, date)).or_insert_with(|| Day {
                first: record.offset,
                last: record.offset,
                lines: GzEncoder::new(Vec::new(), Compression::default()),
            });
            day.last = record.offset;
            // Writing into memory does not fail.
            let _ = day.lines.write_all(&line);
            let _ = day.lines.write_all(b"\n");
        }
    }

    /// The files to write, with their bytes.
    fn close(self, lake: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, FactsError> {
        let days = self.days.into_iter().map(|((kind, date), day)| {
            let name = format!("{:020}-{:020}.jsonl.gz", day.first, day.last);
            let folder = kind.folder(lake);
            let path = folder.join(format!("date={date}")).join(name);
            let bytes = day.lines.finish().map_err(FactsError::io(&path))?;
            Ok((path, bytes))
        });
        days.collect()
    }
}

fn write(files: &[(PathBuf, Vec<u8>)]) -> Result<(), FactsError> {
    for (path, bytes) in files {
        let path = free(path, bytes);
        let day = path.parent().unwrap_or(&path);
        let is_new = !day.is_dir();
        write_atomically(&path, bytes).map_err(FactsError::io(&path))?;
        if is_new {
            // The folders above were made with it: of the kind, `labels` and the lake's own.
            for above in day.ancestors().skip(1).take(3) {
                sync_folder(above).map_err(FactsError::io(above))?;
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

#[cfg(test)]
mod tests;
