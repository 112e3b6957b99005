//! A batch of edits on its way into the lake: grouped by partition, encoded as it grows, and
//! staged as whole synced files. Nothing of it is visible to readers; see [`super::commit`].

use super::columns::Columns;
use super::commit::{Prepared, PreparedFile};
use super::durable;
use super::error::ArchiveError;
use super::partition::Partition;
use super::schema::{lake_schema, writer_properties};
use parquet::arrow::ArrowWriter;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::path::{Path, PathBuf};
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::time::EventTime;

/// A partition's rows are encoded when there are so many of them, or so many bytes.
const CHUNK_ROWS: usize = 8_192;
const CHUNK_BYTES: usize = 4 << 20;
/// Memory of a partition's builders beyond the rows in them.
const GROUP_BYTES: usize = 16 << 10;
/// A batch that holds more than this is full, whatever its rows.
const MEMORY_LIMIT: usize = 32 << 20;

/// Edits that become visible together. Dropped unfinished, it leaves nothing behind.
pub struct Batch {
    staging: PathBuf,
    /// Tells this batch's files from any other's: a log that was lost starts again at offset 0.
    nonce: u64,
    groups: FxHashMap<Partition, Group>,
    /// Staged files that a drop removes.
    staged: Vec<PathBuf>,
    rows: usize,
    memory: usize,
}

/// What a batch holds of one partition.
struct Group {
    columns: Columns,
    rows: u64,
    first_offset: u64,
    last_offset: u64,
    newest: EventTime,
    file: Option<StagedFile>,
}

/// A file under construction.
struct StagedFile {
    path: PathBuf,
    writer: ArrowWriter<File>,
}

impl Batch {
    pub(crate) fn new(staging: PathBuf) -> Self {
        Self {
            staging,
            nonce: rand::random(),
            groups: FxHashMap::default(),
            staged: Vec::new(),
            rows: 0,
            memory: 0,
        }
    }

    /// Adds an edit that stands at `offset` of `edits.classified`; offsets come in order.
    pub fn push(&mut self, offset: u64, record: &ClassifiedEdit<'_>) -> Result<(), ArchiveError> {
        let edit = &record.edit;
        let partition = Partition::of(edit.user_type, edit.event_time);
        let group = match self.groups.entry(partition) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                self.memory += GROUP_BYTES;
                entry.insert(Group {
                    columns: Columns::new(),
                    rows: 0,
                    first_offset: offset,
                    last_offset: offset,
                    newest: edit.event_time,
                    file: None,
                })
            }
        };
        let before = group.columns.bytes();
        group.columns.push(record);
        group.rows += 1;
        group.last_offset = offset;
        group.newest = group.newest.max(edit.event_time);
        self.rows += 1;
        self.memory += group.columns.bytes() - before;
        if group.columns.rows() >= CHUNK_ROWS || group.columns.bytes() >= CHUNK_BYTES {
            self.encode(partition)?;
        }
        Ok(())
    }

    /// Edits pushed so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Memory held, in bytes, about.
    pub fn memory_bytes(&self) -> usize {
        self.memory
    }

    /// Whether it is time to finish: `max_rows` are held, or as much memory as a batch may take.
    pub fn is_full(&self, max_rows: usize) -> bool {
        self.rows >= max_rows || self.memory >= MEMORY_LIMIT
    }

    /// Writes and syncs every file of the batch. `None` if no edit was pushed. After an error
    /// nothing is left behind, and the same edits can be pushed into a new batch.
    pub fn finish(mut self) -> Result<Option<Prepared>, ArchiveError> {
        let mut partitions: Vec<Partition> = self.groups.keys().copied().collect();
        partitions.sort_unstable();
        let mut files = Vec::with_capacity(partitions.len());
        for partition in partitions {
            self.encode(partition)?;
            if let Some(group) = self.groups.remove(&partition) {
                files.extend(group.close(partition, self.nonce)?);
            }
        }
        if files.is_empty() {
            return Ok(None);
        }
        durable::sync_dir(&self.staging)?;
        self.staged.clear();
        Ok(Some(Prepared::new(files)))
    }

    /// Moves a partition's rows from its builders to its file.
    fn encode(&mut self, partition: Partition) -> Result<(), ArchiveError> {
        let Some(group) = self.groups.get_mut(&partition) else {
            return Ok(());
        };
        if group.columns.rows() == 0 {
            return Ok(());
        }
        let file = match &mut group.file {
            Some(file) => file,
            none => {
                let name = format!("{:016x}-{}.staged", self.nonce, self.staged.len());
                let path = self.staging.join(name);
                self.staged.push(path.clone());
                none.insert(StagedFile {
                    writer: open_writer(&path, &[])?,
                    path,
                })
            }
        };
        let held = group.columns.bytes() + file.writer.memory_size();
        let wrong = ArchiveError::writing(&file.path);
        let rows = group.columns.take(partition.user_type());
        let rows = rows.map_err(|error| wrong(error.into()))?;
        file.writer.write(&rows).map_err(wrong)?;
        self.memory = (self.memory + file.writer.memory_size()).saturating_sub(held);
        Ok(())
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        for path in &self.staged {
            // What cannot be removed now is removed at the next start.
            let _ = durable::remove(path);
        }
    }
}

impl Group {
    fn close(self, partition: Partition, nonce: u64) -> Result<Option<PreparedFile>, ArchiveError> {
        let Some(StagedFile { path, writer }) = self.file else {
            return Ok(None);
        };
        let bytes = close_writer(writer, &path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Some(PreparedFile {
            staged: name.into_owned(),
            path: format!(
                "{partition}/{}",
                file_name(self.first_offset, self.last_offset, nonce)
            ),
            rows: self.rows,
            bytes,
            newest: self.newest,
        }))
    }
}

/// Name of a file in the lake. Names sort by offset.
pub(crate) fn file_name(first_offset: u64, last_offset: u64, nonce: u64) -> String {
    format!("part-{first_offset:020}-{last_offset:020}-{nonce:016x}.parquet")
}

/// Starts a file of the lake that replaces the files named in `merged`.
pub(crate) fn open_writer(
    path: &Path,
    merged: &[String],
) -> Result<ArrowWriter<File>, ArchiveError> {
    let file = File::create_new(path).map_err(ArchiveError::io("create", path))?;
    ArrowWriter::try_new(file, lake_schema(), Some(writer_properties(merged)))
        .map_err(ArchiveError::writing(path))
}

/// Completes a file, forces it to disk and returns its size in bytes.
pub(crate) fn close_writer(
    mut writer: ArrowWriter<File>,
    path: &Path,
) -> Result<u64, ArchiveError> {
    writer.finish().map_err(ArchiveError::writing(path))?;
    let file = writer.inner();
    file.sync_all().map_err(ArchiveError::io("sync", path))?;
    let metadata = file.metadata().map_err(ArchiveError::io("read", path))?;
    Ok(metadata.len())
}
