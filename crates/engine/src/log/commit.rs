//! Committing: offsets are given out, one atomic write is made, readers are notified. After a refusal
//! by the machine the store is opened again in place, and what became of the write is settled.

use super::batch::RecordBatch;
use super::format::Packed;
use super::manifest::LogManifest;
use super::mark::SyncMark;
use super::store::{Changes, Store};
use super::transaction::Transaction;
use super::{Log, LogError, lock};
use std::sync::{Arc, PoisonError};
use wikisentry_core::topic::Topic;

/// Transactions remembered that were reported as failed and had landed after all.
const SETTLED: usize = 64;

/// What only the one thread that commits may touch.
pub(super) struct Writer {
    pub(super) manifest: LogManifest,
    pub(super) mark: SyncMark,
    /// The store refused a write: it must be opened again before the next.
    pub(super) broken: bool,
    /// The write whose outcome is open while `broken`.
    pub(super) pending: Option<LogManifest>,
    /// Transactions that were reported as failed and had landed after all.
    pub(super) settled: Vec<u64>,
}

impl Writer {
    /// Whether a transaction that was reported as failed had landed after all; tells it once.
    fn take_settled(&mut self, transaction: u64) -> bool {
        let at = self.settled.iter().position(|id| *id == transaction);
        at.map(|at| self.settled.swap_remove(at)).is_some()
    }
}

impl Log {
    /// Commits a transaction: all of it or nothing. On return it is visible to readers and
    /// survives the death of the process; it survives loss of power after the next
    /// [`sync`](Log::sync).
    ///
    /// # Errors
    /// [`LogError::Io`] if the machine refused (disk full, read-only): nothing is visible, the log
    /// stays usable, and a clone of the transaction can be committed again later. A commit that
    /// the disk took in spite of the error is recognised then and not repeated.
    /// [`LogError::Refused`] for a record or key beyond the limits.
    pub fn commit(&self, transaction: Transaction) -> Result<(), LogError> {
        transaction.check()?;
        if transaction.is_empty() {
            return Ok(());
        }
        let runs = transaction.runs.iter();
        let packed: Vec<Packed> = runs.map(|(_, run)| Packed::new(run)).collect();
        let writer = &mut *lock(&self.inner.writer);
        self.reopen(writer)?;
        if writer.take_settled(transaction.id) {
            return Ok(());
        }

        let mut manifest = writer.manifest;
        let mut changes = Changes {
            state: transaction.state,
            ..Changes::default()
        };
        let mut batches = Vec::with_capacity(packed.len());
        for ((topic, run), packed) in transaction.runs.into_iter().zip(packed) {
            let extent = &mut manifest[topic];
            let base = extent.next;
            let value = packed.seal(base, extent.max_time);
            extent.next += run.len() as u64;
            extent.bytes += value.len() as u64;
            extent.max_time = extent.max_time.max(run.times().1);
            changes.batches.push((topic, base, value));
            batches.push(Arc::new(RecordBatch::new(topic, base, run)));
        }
        self.write(writer, changes, manifest, transaction.id, batches)
    }

    /// Forces everything committed so far to disk: it then survives loss of power.
    ///
    /// # Errors
    /// [`LogError::Io`] if the machine refused; the log stays usable.
    pub fn sync(&self) -> Result<(), LogError> {
        let writer = &mut *lock(&self.inner.writer);
        self.reopen(writer)?;
        let mut outcome = self.with_store(Store::sync);
        if outcome.as_ref().is_err_and(LogError::is_past) {
            writer.broken = true;
            self.reopen(writer)?;
            outcome = self.with_store(Store::sync);
        }
        writer.broken = outcome.is_err();
        outcome?;
        writer.mark.set(&self.inner.dir, writer.manifest.commit)
    }

    /// Makes one atomic write of `changes` under the next commit number and tells readers.
    pub(super) fn write(
        &self,
        writer: &mut Writer,
        changes: Changes,
        mut manifest: LogManifest,
        transaction: u64,
        batches: Vec<Arc<RecordBatch>>,
    ) -> Result<(), LogError> {
        manifest.commit += 1;
        manifest.transaction = transaction;
        let mut again = true;
        while let Err(error) = self.with_store(|store| store.commit(&changes, &manifest)) {
            writer.broken = true;
            writer.pending = Some(manifest);
            // The disk may have taken it anyway; only opening the store again tells.
            if self.reopen(writer).is_err() {
                return Err(error);
            }
            if writer.take_settled(transaction) {
                return Ok(());
            }
            if !(again && error.is_past()) {
                return Err(error);
            }
            again = false;
        }
        let mut recent = lock(&self.inner.recent);
        batches.into_iter().for_each(|batch| recent.insert(batch));
        drop(recent);
        writer.manifest = manifest;
        self.publish(&manifest);
        Ok(())
    }

    /// Opens the store again if a write was refused, and settles what became of that write.
    pub(super) fn reopen(&self, writer: &mut Writer) -> Result<(), LogError> {
        if !writer.broken {
            return Ok(());
        }
        let slot = self.inner.store.write();
        let mut slot = slot.unwrap_or_else(PoisonError::into_inner);
        *slot = None;
        let (store, manifest) = Store::open(&self.inner.dir)?;
        let settled = match writer.pending {
            _ if manifest == writer.manifest => None,
            Some(pending) if manifest == pending => Some(pending.transaction),
            _ => {
                let why = format!(
                    "commit {} was made, {} is what is left",
                    writer.manifest.commit, manifest.commit
                );
                return Err(self.damaged(None, why));
            }
        };
        *slot = Some(store);
        drop(slot);
        writer.settled.extend(settled);
        if writer.settled.len() > SETTLED {
            writer.settled.remove(0);
        }
        writer.pending = None;
        writer.broken = false;
        writer.manifest = manifest;
        self.publish(&manifest);
        Ok(())
    }

    fn publish(&self, manifest: &LogManifest) {
        *lock(&self.inner.published) = *manifest;
        for (topic, watcher) in Topic::ALL.into_iter().zip(&self.inner.watchers) {
            watcher.send_if_modified(|next| {
                std::mem::replace(next, manifest[topic].next) != manifest[topic].next
            });
        }
    }
}
