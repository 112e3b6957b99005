//! The consumer that carries the label facts of `revision.tags` into the lake. A file is there
//! before its offsets are committed: after a crash events are written again, and readers drop what
//! they have seen. What is kept and how is [`wikisentry_lake::label_facts`]'s business.

use crate::archiver::ArchiverError;
use crate::consume::{Consumer, Fetched, Waiting};
use crate::hidden::HiddenView;
use crate::log::{Log, Transaction};
use crate::patience::Patience;
use std::time::Duration;
use tokio::runtime::Handle;
use wikisentry_core::event::Event;
use wikisentry_core::hidden::Hidden;
use wikisentry_core::topic::Topic;
use wikisentry_lake::LakeError;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::label_facts::{FactBatch, StoredFacts};

/// The consumer's name in the log.
pub const CONSUMER: &str = "facts";
/// Events that wait at most.
const MAX_EVENTS: usize = 10_000;
/// Bytes of events that wait at most, about: readers take files up to four times as large.
const MAX_BYTES: usize = 64 << 20;

/// Carries `revision.tags` to disk; one thread owns it.
pub struct FactArchiver {
    consumer: Consumer,
    facts: StoredFacts,
    interval: Duration,
    hidden: HiddenView,
}

/// Events that wait to be written.
#[derive(Default)]
struct GatheredFacts {
    facts: FactBatch,
    /// Read, whether kept or not.
    events: usize,
    /// Of all that were read.
    bytes: usize,
}

impl FactArchiver {
    /// Picks up at the committed offset. Events are written out at least every `interval`.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn open(log: Log, lake: &Lake, interval: Duration) -> Result<Self, ArchiverError> {
        Ok(Self {
            hidden: HiddenView::open(log.clone())?,
            consumer: Consumer::open(log, CONSUMER, &[Topic::RevisionTags])?,
            facts: StoredFacts::of(lake),
            interval,
        })
    }

    /// Writes until told to stop; then what it holds.
    ///
    /// # Errors
    /// If the log fails in a way that does not pass.
    pub fn run(mut self, runtime: &Handle, patience: &Patience) -> Result<(), ArchiverError> {
        while !patience.stop.is_cancelled() {
            let batch = self.fill(runtime, patience)?;
            self.flush(batch, patience)?;
        }
        Ok(())
    }

    /// What is there, or comes in time, of [`MAX_EVENTS`] and [`MAX_BYTES`] at most.
    fn fill(
        &mut self,
        runtime: &Handle,
        patience: &Patience,
    ) -> Result<GatheredFacts, ArchiverError> {
        let mut batch = GatheredFacts::default();
        let hidden = &mut self.hidden;
        let waiting = Waiting {
            idle: Duration::MAX,
            interval: self.interval,
        };
        self.consumer
            .gather(runtime, patience, waiting, |fetched| {
                batch.take(fetched, hidden.refresh()?);
                let is_full = batch.events >= MAX_EVENTS || batch.bytes >= MAX_BYTES;
                Ok::<_, ArchiverError>(is_full)
            })?;
        Ok(batch)
    }

    /// The files first, then the offset.
    fn flush(&self, batch: GatheredFacts, patience: &Patience) -> Result<(), ArchiverError> {
        if batch.events == 0 {
            return Ok(());
        }
        let files = batch.facts.close();
        let written = patience.insist(|| self.facts.write(&files), LakeError::is_transient)?;
        if written.is_none() {
            return Ok(());
        }
        // Where this is not committed any more, the next start writes the events again.
        self.consumer.commit(Transaction::new(), patience)?;
        Ok(())
    }
}

impl GatheredFacts {
    fn take(&mut self, fetched: &Fetched, hidden: &Hidden) {
        for record in fetched.records() {
            self.events += 1;
            self.bytes += record.value.len();
            let blanked = hidden.blanked(record.value);
            let payload = blanked.as_deref().unwrap_or(record.value);
            match Event::parse(payload) {
                Ok(event) => {
                    let arrival = record.timestamp;
                    self.facts.push(record.offset, arrival, &event, payload);
                }
                // Ingest has read the same bytes with the same parser.
                Err(_) => tracing::error!(offset = record.offset, "no event in revision.tags"),
            }
        }
    }
}

#[cfg(test)]
mod tests;
