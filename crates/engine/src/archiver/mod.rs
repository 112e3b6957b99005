//! The consumer that carries `edits.classified` into the lake, each edit exactly once: see
//! [`wikisentry_lake::archive::Archive`] for the order of its steps.

use crate::blanker::Blanker;
use crate::consume::{Consumer, Waiting};
use crate::counters::{ArchiveCounters, Counters};
use crate::log::{Log, LogError, Transaction};
use crate::patience::{Patience, Problems};
use crate::settings::ArchiveSettings;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use wikisentry_core::topic::Topic;
use wikisentry_lake::LakeError;
use wikisentry_lake::archive::{Archive, Batch, Lake};

/// The consumer's name in the log.
pub const CONSUMER: &str = "archive";
/// Hours compacted after a flush at most, so that archiving is not held up.
const COMPACTIONS_AT_ONCE: usize = 4;

/// Why an archiver ends.
#[derive(Debug, thiserror::Error)]
pub enum ArchiverError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Archive(#[from] LakeError),
}

impl ArchiverError {
    /// Whether waiting may help, e.g. while the disk is full.
    pub fn is_transient(&self) -> bool {
        match self {
            ArchiverError::Log(error) => error.is_retryable(),
            ArchiverError::Archive(error) => error.is_transient(),
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
        problems: &Problems,
    ) -> Result<Self, ArchiverError> {
        let intent = log.get(Archive::INTENT_KEY)?;
        let (archive, recovered) = Archive::open(lake, intent.as_deref())?;
        // An hour that was removed is no reason to archive nothing more.
        if let Some(first) = recovered.missing.first() {
            let edits: u64 = recovered.missing.iter().map(|file| file.rows).sum();
            problems.report(
                "lake",
                format!(
                    "{edits} edits of the last batch are neither staged nor in the lake: {} is gone",
                    first.path.display()
                ),
            );
        }
        if recovered.published > 0 {
            tracing::info!(
                files = recovered.published,
                "published what a crash had left"
            );
        }
        let counters = ArchiveCounters::committed(&log)?;
        view.send_replace(counters);
        Ok(Self {
            log,
            archive,
            settings,
            counters,
            view,
        })
    }

    /// Archives until told to stop; then writes out what it holds.
    pub fn run(mut self, runtime: &Handle, patience: &Patience) -> Result<(), ArchiverError> {
        while !patience.stop.is_cancelled() {
            match self.batches(runtime, patience) {
                Err(error) if error.is_transient() => {
                    // The batch is gone, its edits are not: they are read again.
                    patience.report(&error);
                    patience.pause();
                }
                ended => return ended,
            }
        }
        Ok(())
    }

    fn batches(&mut self, runtime: &Handle, patience: &Patience) -> Result<(), ArchiverError> {
        let mut blanker = Blanker::open(self.log.clone())?;
        let mut consumer = Consumer::open(self.log.clone(), CONSUMER, &[Topic::EditsClassified])?;
        // What is there already is looked after whether edits come or not, and first of all.
        let mut idle = Duration::ZERO;
        loop {
            let mut batch = self.archive.batch();
            let max_rows = self.settings.max_rows;
            let times = Waiting {
                idle,
                interval: self.settings.interval,
            };
            consumer.gather(runtime, patience, times, |fetched| {
                let hidden = blanker.hidden()?;
                for (offset, mut edit) in fetched.edits() {
                    hidden.blank(&mut edit.edit);
                    batch.push(offset, &edit)?;
                }
                Ok::<_, ArchiverError>(batch.is_full(max_rows))
            })?;
            self.flush(batch, &consumer, patience)?;
            if patience.stop.is_cancelled() {
                return Ok(());
            }
            match blanker.run(&mut self.archive, patience) {
                Err(ArchiverError::Archive(error)) => self.set_aside(error)?,
                done => done?,
            }
            idle = match self.compact()? {
                true => Duration::ZERO,
                false => self.settings.interval,
            };
            // Every step has worked, so whatever one of them had is over.
            patience.problems.clear(patience.component);
        }
    }

    /// Compacts some hours; says whether there may be more.
    fn compact(&mut self) -> Result<bool, ArchiverError> {
        for _ in 0..COMPACTIONS_AT_ONCE {
            match self.archive.compact_next(self.settings.compact_files) {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(false),
                Err(error) => self.set_aside(error)?,
            }
        }
        Ok(true)
    }

    /// A file that cannot be read is no reason to archive nothing more.
    fn set_aside(&mut self, error: LakeError) -> Result<(), ArchiverError> {
        match self.archive.set_aside(&error)? {
            Some(aside) => {
                tracing::error!("{error}; it was set aside as {}", aside.display());
                Ok(())
            }
            None => Err(error.into()),
        }
    }

    fn flush(
        &mut self,
        batch: Batch,
        consumer: &Consumer,
        patience: &Patience,
    ) -> Result<(), ArchiverError> {
        let Some(prepared) = batch.finish()? else {
            return Ok(());
        };
        let archived = self.counters.archived + prepared.rows();
        let counters = ArchiveCounters { archived };
        let mut tx = Transaction::new();
        tx.put(Archive::INTENT_KEY, prepared.to_json());
        counters.stage(&mut tx);
        if !consumer.commit(tx, patience)? {
            // Whether it was committed the log will say at the next start.
            return Ok(());
        }
        // The intent must be safe before the first file shows; from here on the batch is decided,
        // and a stop only leaves the rest to the next start.
        let Some(()) = patience.insist(|| self.log.sync(), LogError::is_retryable)? else {
            return Ok(());
        };
        self.counters = counters;
        let publish = || self.archive.publish(&prepared);
        if patience.insist(publish, LakeError::is_transient)?.is_some() {
            // What is in place is nobody's intent any more: its hour may be removed while stopped.
            let mut tx = Transaction::new();
            tx.delete(Archive::INTENT_KEY);
            patience.commit(&self.log, tx)?;
        }
        self.view.send_replace(counters);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
