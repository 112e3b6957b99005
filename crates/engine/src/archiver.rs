//! The archiver: the consumer that carries `edits.classified` into the lake.

use crate::consume::{Consumer, Fetched};
use crate::counters::ArchiveCounters;
use crate::log::{Log, LogError, Transaction};
use crate::patience::Patience;
use crate::settings::ArchiveSettings;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::watch;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::topic::Topic;
use wikisentry_lake::LakeError;
use wikisentry_lake::archive::{Archive, Batch, Lake};

/// The consumer's name in the log.
pub const CONSUMER: &str = "archive";
const COUNTERS_KEY: &str = "consumer/archive/counters";
/// Looks at the clock and the stop flag at least this often.
const IDLE: Duration = Duration::from_millis(500);
/// A quiet stream is written out after this long, so that the end of a replay need not wait.
const QUIET: Duration = Duration::from_secs(2);
/// Hours compacted after a flush at most, so that archiving is not held up.
const COMPACTIONS_AT_ONCE: usize = 4;

/// Why the archiver ends.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The lake.
    #[error(transparent)]
    Archive(#[from] LakeError),
}

impl WorkerError {
    /// Whether waiting may mend it, e.g. a full disk.
    pub fn is_transient(&self) -> bool {
        match self {
            WorkerError::Log(error) => error.is_retryable(),
            WorkerError::Archive(error) => error.is_transient(),
        }
    }
}

/// The archiver; one thread owns it.
pub struct Archiver {
    log: Log,
    archive: Archive,
    settings: ArchiveSettings,
    counters: ArchiveCounters,
    view: watch::Sender<ArchiveCounters>,
}

impl Archiver {
    /// Finishes what a crash left half done.
    pub fn open(
        log: Log,
        lake: Lake,
        settings: ArchiveSettings,
        view: watch::Sender<ArchiveCounters>,
    ) -> Result<Self, WorkerError> {
        let intent = log.get(Archive::INTENT_KEY)?;
        let (archive, recovered) = Archive::open(lake, intent.as_deref())?;
        if recovered.published > 0 {
            tracing::info!(
                files = recovered.published,
                "published what a crash had left"
            );
        }
        let counters = committed_counters(&log)?;
        view.send_replace(counters.clone());
        Ok(Self {
            log,
            archive,
            settings,
            counters,
            view,
        })
    }

    /// Archives until told to stop; then writes out what it holds.
    pub fn run(mut self, runtime: &Handle, patience: &Patience) -> Result<(), WorkerError> {
        while !patience.stop.is_cancelled() {
            match self.batches(runtime, patience) {
                Err(error) if error.is_transient() => {
                    // The batch is gone, its edits are not: they are read again.
                    patience
                        .problems
                        .report(patience.component, error.to_string());
                    patience.pause();
                }
                ended => return ended,
            }
        }
        Ok(())
    }

    fn batches(&mut self, runtime: &Handle, patience: &Patience) -> Result<(), WorkerError> {
        let mut consumer = Consumer::open(self.log.clone(), CONSUMER, &[Topic::EditsClassified])?;
        loop {
            let mut batch = self.archive.batch();
            self.fill(&mut batch, &mut consumer, runtime, patience)?;
            self.flush(batch, &consumer, patience)?;
            if patience.stop.is_cancelled() {
                return Ok(());
            }
            for _ in 0..COMPACTIONS_AT_ONCE {
                if self
                    .archive
                    .compact_next(self.settings.compact_files)?
                    .is_none()
                {
                    break;
                }
                self.counters.compactions += 1;
            }
        }
    }

    /// Reads until the batch is full, old or at the end of a quiet stream, or until told to stop.
    fn fill(
        &self,
        batch: &mut Batch,
        consumer: &mut Consumer,
        runtime: &Handle,
        patience: &Patience,
    ) -> Result<(), WorkerError> {
        let mut first: Option<Instant> = None;
        let mut last = Instant::now();
        while !patience.stop.is_cancelled() && !batch.is_full(self.settings.max_rows) {
            let Some(fetched) = patience.insist(|| consumer.fetch(), LogError::is_retryable)?
            else {
                break;
            };
            if let Some(fetched) = fetched {
                push(batch, &fetched)?;
                consumer.advance(&fetched);
                last = Instant::now();
                first.get_or_insert(last);
                continue;
            }
            let due = first.is_some_and(|first| {
                first.elapsed() >= self.settings.interval || last.elapsed() >= QUIET
            });
            if due {
                break;
            }
            consumer.wait(runtime, &patience.stop, IDLE);
        }
        Ok(())
    }

    fn flush(
        &mut self,
        batch: Batch,
        consumer: &Consumer,
        patience: &Patience,
    ) -> Result<(), WorkerError> {
        let Some(prepared) = batch.finish()? else {
            return Ok(());
        };
        let mut counters = self.counters.clone();
        counters.archived += prepared.rows();
        counters.files += prepared.files().len() as u64;
        let mut tx = Transaction::new();
        tx.put(Archive::INTENT_KEY, prepared.to_json());
        consumer.stage(&mut tx);
        tx.put_json(COUNTERS_KEY, &counters);
        if !patience.commit(&self.log, tx)? {
            // Whether it was committed the log will say at the next start.
            return Ok(());
        }
        // The intent must be safe before the first file shows; from here on the batch is decided,
        // and a stop only leaves the rest to the next start.
        let Some(()) = patience.insist(|| self.log.sync(), LogError::is_retryable)? else {
            return Ok(());
        };
        self.counters = counters;
        patience.insist(|| self.archive.publish(&prepared), LakeError::is_transient)?;
        self.view.send_replace(self.counters.clone());
        Ok(())
    }
}

fn push(batch: &mut Batch, fetched: &Fetched) -> Result<(), WorkerError> {
    for record in fetched.records() {
        match ClassifiedEdit::from_json(record.value) {
            Ok(edit) => batch.push(record.offset, &edit)?,
            // The classifier wrote it; the record's checksum was right.
            Err(error) => tracing::error!(offset = record.offset, "no classified edit: {error}"),
        }
    }
    Ok(())
}

/// Adds the archiver's counters to a transaction, where no [`Archiver`] runs.
pub(crate) fn put_counters(tx: &mut Transaction, counters: &ArchiveCounters) {
    tx.put_json(COUNTERS_KEY, counters);
}

/// The counters, as last committed.
pub(crate) fn committed_counters(log: &Log) -> Result<ArchiveCounters, LogError> {
    Ok(log.get_json(COUNTERS_KEY)?.unwrap_or_default())
}
