//! Merging the many small files of a closed hour into one. The folder with the merged file and the
//! live folder trade places in one atomic step, so that a reader sees every edit once, before and
//! after. A crash at any step leaves a whole live folder; what is staged can be deleted.

use super::commit::Archive;
use super::durable::{create_dirs, exchange, remove, sync_dir};
use super::error::ArchiveError;
use super::partition::Partition;
use super::scan::{Lake, file_name, list, merged_names, open_reader};
use super::schema::lake_schema;
use super::writer::{self, close_writer, open_writer};
use parquet::arrow::ArrowWriter;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

/// An hour is closed when edits this much later have come, in milliseconds of stream time.
const GRACE_MILLIS: i64 = 10 * 60 * 1_000;
/// Rows merged at a time.
const MERGE_ROWS: usize = 2_048;

/// An hour that was rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compaction {
    /// Which one.
    pub partition: Partition,
    /// Files before; one after.
    pub files: usize,
    /// Edits in them.
    pub rows: u64,
    /// Bytes before.
    pub bytes_before: u64,
    /// Bytes after.
    pub bytes_after: u64,
}

/// What is known of the lake's hours, to choose the next one.
pub(super) struct Candidates {
    files: BTreeMap<Partition, usize>,
    newest: BTreeMap<UserType, i64>,
}

impl Candidates {
    fn scan(lake: &Lake) -> Result<Self, ArchiveError> {
        let mut found = Self {
            files: BTreeMap::new(),
            newest: BTreeMap::new(),
        };
        for partition in lake.partitions()? {
            let files = lake.partition_files(partition)?.len();
            found.files.insert(partition, files);
            found.saw(partition.user_type(), partition.start_millis());
        }
        Ok(found)
    }

    /// Takes note of a new file.
    pub(super) fn published(&mut self, partition: Partition, newest: EventTime) {
        *self.files.entry(partition).or_default() += 1;
        self.saw(partition.user_type(), newest.as_millis());
    }

    fn saw(&mut self, user_type: UserType, millis: i64) {
        let newest = self.newest.entry(user_type).or_insert(millis);
        *newest = millis.max(*newest);
    }

    /// The oldest closed hour with more than `max_files` files.
    fn next(&self, max_files: usize) -> Option<Partition> {
        let closed = |partition: &Partition| {
            let newest = self.newest.get(&partition.user_type());
            newest.is_some_and(|newest| partition.end_millis() + GRACE_MILLIS <= *newest)
        };
        let mut hours = self.files.iter();
        hours
            .find(|(partition, files)| **files > max_files.max(1) && closed(partition))
            .map(|(partition, _)| *partition)
    }
}

impl Archive {
    /// Rewrites the oldest closed hour that has more than `max_files` files; `None` if there is
    /// none, or if the file system cannot exchange folders. Run it again until it says `None`.
    ///
    /// A query that had listed the folder before may find its files gone; it never finds an edit
    /// twice or not at all.
    pub fn compact_next(&mut self, max_files: usize) -> Result<Option<Compaction>, ArchiveError> {
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
                candidates.files.remove(&partition);
            }
            self.candidates = Some(candidates);
            if let Some(compaction) = outcome? {
                return Ok(Some(compaction));
            }
        }
        Ok(None)
    }

    /// `None` if the folder holds files of others, or cannot be exchanged.
    fn compact(&mut self, partition: Partition) -> Result<Option<Compaction>, ArchiveError> {
        let Some(rewrite) = Rewrite::plan(&self.lake, partition)? else {
            return Ok(None);
        };
        let compaction = match rewrite.build() {
            Ok(compaction) => compaction,
            Err(error) => {
                // The next start removes what cannot be removed now.
                let _ = remove(&rewrite.staged);
                return Err(error);
            }
        };
        let exchanged = rewrite.exchange();
        remove(&rewrite.staged)?;
        if !exchanged? {
            self.can_exchange = false;
            tracing::warn!(
                lake = %self.lake.root().display(),
                "the file system cannot exchange folders: small files of the lake are not compacted"
            );
            return Ok(None);
        }
        Ok(Some(compaction))
    }
}

/// One hour being rewritten, step by step.
struct Rewrite {
    partition: Partition,
    live: PathBuf,
    staged: PathBuf,
    inputs: Vec<PathBuf>,
    target: PathBuf,
}

impl Rewrite {
    /// `None` if the folder holds anything that is not ours to replace.
    fn plan(lake: &Lake, partition: Partition) -> Result<Option<Self>, ArchiveError> {
        let live = lake.edits().join(partition.to_string());
        let inputs = list(&live)?;
        let offsets: Option<Vec<(u64, u64)>> =
            inputs.iter().map(|path| offsets(file_name(path))).collect();
        let Some(offsets) = offsets.filter(|offsets| offsets.len() > 1) else {
            return Ok(None);
        };
        let first = offsets.iter().map(|(first, _)| *first).min();
        let last = offsets.iter().map(|(_, last)| *last).max();
        let nonce: u64 = rand::random();
        let staged = lake.staging().join(format!("{nonce:016x}-compaction"));
        let name = writer::file_name(first.unwrap_or_default(), last.unwrap_or_default(), nonce);
        Ok(Some(Self {
            partition,
            live,
            target: staged.join(name),
            staged,
            inputs,
        }))
    }

    /// Writes the folder that is to replace the live one, durably.
    fn build(&self) -> Result<Compaction, ArchiveError> {
        let mut merged = Vec::new();
        for input in &self.inputs {
            merged.extend(merged_names(input)?);
            merged.push(file_name(input).to_owned());
        }
        let above = self.staged.parent().unwrap_or(&self.staged);
        create_dirs(above, &self.staged)?;
        let mut writer = open_writer(&self.target, &merged)?;
        let mut compaction = Compaction {
            partition: self.partition,
            files: self.inputs.len(),
            rows: 0,
            bytes_before: 0,
            bytes_after: 0,
        };
        for input in &self.inputs {
            compaction.rows += self.append(&mut writer, input)?;
            let metadata = fs::metadata(input).map_err(ArchiveError::io("read", input))?;
            compaction.bytes_before += metadata.len();
        }
        compaction.bytes_after = close_writer(writer, &self.target)?;
        sync_dir(&self.staged)?;
        Ok(compaction)
    }

    /// Copies a file's rows, a few at a time.
    fn append(&self, writer: &mut ArrowWriter<File>, input: &Path) -> Result<u64, ArchiveError> {
        let builder = open_reader(input)?;
        let (found, wanted) = (builder.schema().clone(), lake_schema());
        if found.fields() != wanted.fields() {
            let differs =
                |(found, wanted)| (found != wanted).then(|| format!("{found} instead of {wanted}"));
            let detail = found.fields().iter().zip(wanted.fields()).find_map(differs);
            return Err(ArchiveError::WrongSchema {
                path: input.to_owned(),
                detail: detail.unwrap_or_else(|| format!("{} columns", found.fields().len())),
            });
        }
        let reader = builder
            .with_batch_size(MERGE_ROWS)
            .build()
            .map_err(ArchiveError::reading(input))?;
        let mut rows = 0;
        for batch in reader {
            let batch = batch.map_err(|error| ArchiveError::reading(input)(error.into()))?;
            rows += batch.num_rows() as u64;
            writer
                .write(&batch)
                .map_err(ArchiveError::writing(&self.target))?;
        }
        Ok(rows)
    }

    /// Swaps the two folders, durably: the old files may not go before the new ones are safe.
    fn exchange(&self) -> Result<bool, ArchiveError> {
        if !exchange(&self.staged, &self.live)? {
            return Ok(false);
        }
        for folder in [&self.live, &self.staged] {
            if let Some(above) = folder.parent() {
                sync_dir(above)?;
            }
        }
        Ok(true)
    }
}

/// The offsets in a file's name; `None` for files that are not ours.
fn offsets(name: &str) -> Option<(u64, u64)> {
    let parts = name.strip_prefix("part-")?.strip_suffix(".parquet")?;
    let (first, rest) = parts.split_once('-')?;
    let (last, _nonce) = rest.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[cfg(test)]
mod tests;
