//! One Parquet file of the lake's edits: its name, how it is opened and written, what it replaced.

use super::schema::{MERGED_KEY, lake_schema, writer_properties};
use crate::error::LakeError;
use crate::storage::{Key, Storage, Upload};
use arrow_array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::errors::ParquetError;
use std::fs::File;
use std::path::PathBuf;

/// Rows that are in memory at a time.
const BATCH_ROWS: usize = 8_192;

/// A file that is open for reading, its footer read.
pub(super) type Opened = ParquetRecordBatchReaderBuilder<File>;

/// Name of a file in the lake. Names sort by offset.
pub(super) fn name(first_offset: u64, last_offset: u64, nonce: u64) -> String {
    format!("part-{first_offset:020}-{last_offset:020}-{nonce:016x}.parquet")
}

/// The offsets in a file's name; `None` for files that are not ours.
pub(super) fn offsets(name: &str) -> Option<(u64, u64)> {
    let parts = name.strip_prefix("part-")?.strip_suffix(".parquet")?;
    let (first, rest) = parts.split_once('-')?;
    let (last, _nonce) = rest.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

pub(super) fn open(storage: &Storage, key: &Key) -> Result<Opened, LakeError> {
    let file = storage.open(key)?;
    Opened::try_new(file).map_err(LakeError::reading(&storage.path(key)))
}

/// Some columns of a file, some thousand rows at a time; `path` is for messages.
pub(super) fn batches(
    opened: Opened,
    columns: &[&str],
    path: PathBuf,
) -> Result<impl Iterator<Item = Result<RecordBatch, LakeError>> + use<>, LakeError> {
    let mask = ProjectionMask::columns(opened.parquet_schema(), columns.iter().copied());
    let reader = opened
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(LakeError::reading(&path))?;
    Ok(reader.map(move |batch| batch.map_err(|error| LakeError::reading(&path)(error.into()))))
}

/// The names of the files that a file replaced; empty unless it was compacted.
pub(super) fn merged_names(storage: &Storage, key: &Key) -> Result<Vec<String>, LakeError> {
    let opened = open(storage, key)?;
    let pairs = opened.metadata().file_metadata().key_value_metadata();
    let value = pairs
        .into_iter()
        .flatten()
        .find(|pair| pair.key == MERGED_KEY)
        .and_then(|pair| pair.value.as_deref());
    value.map_or(Ok(Vec::new()), |json| {
        serde_json::from_str(json).map_err(|error| {
            let detail = format!("{MERGED_KEY}: {error}");
            LakeError::reading(&storage.path(key))(ParquetError::General(detail))
        })
    })
}

/// Starts a file that replaces the files named in `merged`.
pub(super) fn create(
    storage: &Storage,
    key: &Key,
    merged: &[String],
) -> Result<ArrowWriter<Upload>, LakeError> {
    let upload = storage.create(key)?;
    ArrowWriter::try_new(upload, lake_schema(), Some(writer_properties(merged)))
        .map_err(LakeError::writing(&storage.path(key)))
}

/// Completes a file and returns its size in bytes. Its folder is not forced to disk yet.
pub(super) fn finish(
    writer: ArrowWriter<Upload>,
    storage: &Storage,
    key: &Key,
) -> Result<u64, LakeError> {
    let upload = writer
        .into_inner()
        .map_err(LakeError::writing(&storage.path(key)))?;
    Ok(upload.finish()?)
}
