//! Merging the many small files of a closed hour into one, and files of the schema before into one of
//! this schema, in a folder of this machine. The folder with the merged file and the live folder trade places in one atomic step, so that a reader sees every edit once, before and
//! after. A crash at any step leaves a whole live folder; what is staged can be deleted.

use super::candidates::Candidates;
use super::copy::copy_rows;
use super::lake::{self, Lake};
use super::parquet_file::{self, MOST_ROWS, is_of_this_version, merged_names, offsets};
use super::partition::Partition;
use super::publish::Archive;
use crate::error::LakeError;
use crate::storage::{Key, LocalFolder, Storage, Upload};
use parquet::arrow::ArrowWriter;

/// An hour that was rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compaction {
    /// The hour and user type.
    pub partition: Partition,
    /// Files before; one after.
    pub files: usize,
    /// Edits in it, the same before and after.
    pub rows: u64,
    /// Bytes of the files before.
    pub bytes_before: u64,
    /// Bytes of the one file after.
    pub bytes_after: u64,
}

impl Archive {
    /// Rewrites the oldest closed hour that has more than `max_files` files, or one of the schema
    /// before; `None` if there is none, or if folders cannot be exchanged. Run it again until it says
    /// `None`.
    ///
    /// A query that had listed the folder before may find its files gone; it never finds an edit
    /// twice or not at all.
    pub fn compact_next(&mut self, max_files: usize) -> Result<Option<Compaction>, LakeError> {
        while self.can_exchange {
            let mut candidates = match self.candidates.take() {
                Some(candidates) => candidates,
                None => Candidates::scan(&self.lake)?,
            };
            let Some(partition) = candidates.next(max_files) else {
                self.candidates = Some(candidates);
                return Ok(None);
            };
            let outcome = self.compact(partition);
            // A folder that cannot be merged is left alone until files are added to it; one that
            // could not be merged just now is tried again.
            if !matches!(&outcome, Err(error) if error.is_transient()) {
                candidates.forget(partition);
            }
            self.candidates = Some(candidates);
            if let Some(compaction) = outcome? {
                self.lake.count(|totals| {
                    totals.files = (totals.files + 1).saturating_sub(compaction.files as u64);
                    totals.bytes += compaction.bytes_after;
                    totals.bytes = totals.bytes.saturating_sub(compaction.bytes_before);
                });
                return Ok(Some(compaction));
            }
        }
        Ok(None)
    }

    /// `None` if the folder holds files of others, or cannot be exchanged.
    fn compact(&mut self, partition: Partition) -> Result<Option<Compaction>, LakeError> {
        let Some(rewrite) = Rewrite::plan(&self.lake, partition)? else {
            return Ok(None);
        };
        let compaction = match rewrite.build() {
            Ok(compaction) => compaction,
            Err(error) => {
                // The next start removes what cannot be removed now.
                let _ = rewrite.remove();
                return Err(error);
            }
        };
        let exchanged = rewrite.exchange();
        rewrite.remove()?;
        if !exchanged? {
            self.can_exchange = false;
            tracing::warn!(
                lake = %self.lake.edits().display(),
                "the file system cannot exchange folders: small files of the lake are not compacted"
            );
            return Ok(None);
        }
        Ok(Some(compaction))
    }
}

/// One hour being rewritten, step by step.
struct Rewrite<'l> {
    storage: &'l Storage,
    folder: &'l LocalFolder,
    partition: Partition,
    live: Key,
    staged: Key,
    inputs: Vec<Key>,
    target: Key,
}

impl<'l> Rewrite<'l> {
    /// `None` if the folder holds anything that is not ours to replace, or more than one file may.
    fn plan(lake: &'l Lake, partition: Partition) -> Result<Option<Self>, LakeError> {
        let Some(folder) = lake.storage().folder() else {
            return Ok(None);
        };
        let live = lake::folder(partition);
        let names = folder.names(&live)?;
        let found: Option<Vec<(u64, u64)>> = names.iter().map(|name| offsets(name)).collect();
        let is_worth_it = names.len() > 1 || !names.iter().all(|name| is_of_this_version(name));
        let Some(found) = found.filter(|_| is_worth_it) else {
            return Ok(None);
        };
        let first = found.iter().map(|(first, _)| *first).min();
        let last = found.iter().map(|(_, last)| *last).max();
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(None);
        };
        let inputs: Vec<Key> = names
            .iter()
            .map(|name| live.clone().join(name.as_str()))
            .collect();
        let mut rows = 0;
        for input in &inputs {
            rows += parquet_file::rows(&parquet_file::open(lake.storage(), input)?);
        }
        if rows > MOST_ROWS {
            return Ok(None);
        }
        let nonce: u64 = rand::random();
        let staged = lake::staging().join(format!("{nonce:016x}-compaction"));
        let name = parquet_file::name(first, last, nonce);
        Ok(Some(Self {
            storage: lake.storage(),
            folder,
            partition,
            inputs,
            live,
            target: staged.clone().join(name),
            staged,
        }))
    }

    /// Writes the folder that is to replace the live one, durably.
    fn build(&self) -> Result<Compaction, LakeError> {
        let mut merged = Vec::new();
        for input in &self.inputs {
            merged.extend(merged_names(self.storage, input)?);
            merged.extend(input.filename().map(str::to_owned));
        }
        let mut writer = parquet_file::create(self.storage, &self.target, &merged)?;
        let mut compaction = Compaction {
            partition: self.partition,
            files: self.inputs.len(),
            rows: 0,
            bytes_before: 0,
            bytes_after: 0,
        };
        for input in &self.inputs {
            compaction.rows += self.append(&mut writer, input)?;
        }
        for (_, bytes) in self.storage.sizes(&self.live)? {
            compaction.bytes_before += bytes;
        }
        compaction.bytes_after = parquet_file::finish(writer, self.storage, &self.target)?;
        self.storage.force([&self.staged])?;
        Ok(compaction)
    }

    /// Copies a file's rows, a few at a time.
    fn append(&self, writer: &mut ArrowWriter<Upload>, input: &Key) -> Result<u64, LakeError> {
        let opened = parquet_file::open(self.storage, input)?;
        let (path, target) = (self.storage.path(input), self.storage.path(&self.target));
        copy_rows(opened, &path, writer, &target)
    }

    /// Swaps the two folders, durably: the old files may not go before the new ones are safe.
    fn exchange(&self) -> Result<bool, LakeError> {
        Ok(self.folder.exchange(&self.staged, &self.live)?)
    }

    /// Removes what is staged: before the exchange the new files, after it the old ones.
    fn remove(&self) -> Result<(), LakeError> {
        Ok(self.folder.remove(&self.staged)?)
    }
}

#[cfg(test)]
mod tests;
