//! A batch of edits on its way into the lake: grouped by partition, encoded as it grows, and
//! staged as whole, durable files. Nothing of it is visible to readers; see [`super::publish`].

use super::chunk::Chunk;
use super::intent::{Prepared, PreparedFile};
use super::parquet_file;
use super::partition::Partition;
use crate::error::LakeError;
use crate::storage::{Key, Storage, Upload};
use parquet::arrow::ArrowWriter;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::time::EventTime;

/// Memory of a partition's builders beyond the rows in them.
const GROUP_BYTES: usize = 16 << 10;
/// A batch that holds more than this is full, whatever its rows.
const MEMORY_LIMIT: usize = 32 << 20;

/// Edits that become visible together. Dropped unfinished, it leaves nothing behind.
pub struct Batch {
    storage: Storage,
    staging: Key,
    /// Tells this batch's files from any other's: a log that was lost starts again at offset 0.
    nonce: u64,
    groups: FxHashMap<Partition, Group>,
    /// Staged files that a drop removes.
    staged: Vec<Key>,
    rows: usize,
    memory: usize,
}

/// What a batch holds of one partition.
struct Group {
    /// Rows that are not encoded yet.
    chunk: Chunk,
    rows: u64,
    first_offset: u64,
    last_offset: u64,
    newest: EventTime,
    file: Option<StagedFile>,
}

/// A file under construction.
struct StagedFile {
    key: Key,
    writer: ArrowWriter<Upload>,
}

impl StagedFile {
    /// Memory held, in bytes, about.
    fn memory(&self) -> usize {
        self.writer.memory_size() + self.writer.inner().held()
    }
}

impl Batch {
    pub(super) fn new(storage: Storage, staging: Key) -> Self {
        Self {
            storage,
            staging,
            nonce: rand::random(),
            groups: FxHashMap::default(),
            staged: Vec::new(),
            rows: 0,
            memory: 0,
        }
    }

    /// Adds an edit that stands at `offset` of `edits.classified`; offsets come in order.
    pub fn push(&mut self, offset: u64, record: &ClassifiedEdit<'_>) -> Result<(), LakeError> {
        let time = record.time();
        let partition = Partition::of(record.edit.user_type, time);
        let group = match self.groups.entry(partition) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                self.memory += GROUP_BYTES;
                entry.insert(Group {
                    chunk: Chunk::new(),
                    rows: 0,
                    first_offset: offset,
                    last_offset: offset,
                    newest: time,
                    file: None,
                })
            }
        };
        let bytes = group.chunk.push(record);
        group.rows += 1;
        group.last_offset = offset;
        group.newest = group.newest.max(time);
        self.rows += 1;
        self.memory += bytes;
        if group.chunk.is_full() {
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

    /// Writes every file of the batch, durably. `None` if no edit was pushed. After an error
    /// nothing is left behind, and the same edits can be pushed into a new batch.
    pub fn finish(mut self) -> Result<Option<Prepared>, LakeError> {
        let mut partitions: Vec<Partition> = self.groups.keys().copied().collect();
        partitions.sort_unstable();
        let mut files = Vec::with_capacity(partitions.len());
        for partition in partitions {
            self.encode(partition)?;
            if let Some(group) = self.groups.remove(&partition) {
                files.extend(group.close(&self.storage, partition, self.nonce)?);
            }
        }
        if files.is_empty() {
            return Ok(None);
        }
        self.storage.force([&self.staging])?;
        self.staged.clear();
        Ok(Some(Prepared::new(files)))
    }

    /// Moves a partition's rows from its builders to its file.
    fn encode(&mut self, partition: Partition) -> Result<(), LakeError> {
        let Some(group) = self.groups.get_mut(&partition) else {
            return Ok(());
        };
        if group.chunk.is_empty() {
            return Ok(());
        }
        let file = match &mut group.file {
            Some(file) => file,
            none => {
                let name = format!("{:016x}-{}.staged", self.nonce, self.staged.len());
                let key = self.staging.clone().join(name);
                self.staged.push(key.clone());
                none.insert(StagedFile {
                    writer: parquet_file::create(&self.storage, &key, &[])?,
                    key,
                })
            }
        };
        let held = group.chunk.bytes() + file.memory();
        let path = self.storage.path(&file.key);
        let wrong = LakeError::writing(&path);
        let rows = group.chunk.finish();
        let rows = rows.map_err(|error| wrong(error.into()))?;
        file.writer.write(&rows).map_err(wrong)?;
        self.memory = (self.memory + file.memory()).saturating_sub(held);
        Ok(())
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // Uploads that are not finished end here, the others are removed.
        self.groups.clear();
        for key in &self.staged {
            // What cannot be removed now is removed at the next start.
            let _ = self.storage.discard(key);
        }
    }
}

impl Group {
    fn close(
        self,
        storage: &Storage,
        partition: Partition,
        nonce: u64,
    ) -> Result<Option<PreparedFile>, LakeError> {
        let Some(StagedFile { key, writer }) = self.file else {
            return Ok(None);
        };
        let name = parquet_file::name(self.first_offset, self.last_offset, nonce);
        Ok(Some(PreparedFile {
            bytes: parquet_file::finish(writer, storage, &key)?,
            staged: key.filename().expect("a staged file has a name").to_owned(),
            path: format!("{partition}/{name}"),
            rows: self.rows,
            newest: self.newest,
        }))
    }
}
