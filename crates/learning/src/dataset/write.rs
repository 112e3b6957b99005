//! Writes the rows of one part. Encoding takes as long as all the rest, so that a thread of its own does
//! it.

use super::row::Row;
use crate::error::LearningError;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use wikisentry_core::edit::Edit;
use wikisentry_lake::table::{TableBuilder, schema};

/// Rows that are encoded together.
const BLOCK_ROWS: usize = 8_192;
/// Rows of a row group: with some hundred columns it is what is held in memory.
const ROW_GROUP_ROWS: usize = 65_536;
/// Blocks that wait to be encoded.
const WAITING: usize = 4;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| schema(Row::columns()));

/// The file of one part in the making.
pub(super) struct PartWriter {
    path: PathBuf,
    blocks: SyncSender<RecordBatch>,
    /// `None` once its outcome was asked for.
    encoder: Option<JoinHandle<Result<(), LearningError>>>,
    table: TableBuilder,
}

impl PartWriter {
    pub(super) fn create(path: PathBuf) -> Result<Self, LearningError> {
        let file = File::create(&path).map_err(LearningError::io("create", &path))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_statistics_enabled(EnabledStatistics::None);
        // Hardly a value twice.
        let properties = ["rev_id", "user_hash", "event_time", "meta_id"]
            .into_iter()
            .fold(properties, |properties, column| {
                properties.set_column_dictionary_enabled(ColumnPath::from(column), false)
            });
        let writer = ArrowWriter::try_new(file, SCHEMA.clone(), Some(properties.build()));
        let writer = writer.map_err(LearningError::parquet(&path))?;
        let (blocks, waiting) = sync_channel(WAITING);
        let encoded = path.clone();
        let encoder = std::thread::Builder::new()
            .name("dataset-encoder".to_owned())
            .spawn(move || encode(writer, &waiting, &encoded))
            .map_err(LearningError::io("start a thread for", &path))?;
        Ok(Self {
            path,
            blocks,
            encoder: Some(encoder),
            table: TableBuilder::new(SCHEMA.clone()),
        })
    }

    /// Adds the row of an edit.
    pub(super) fn push(&mut self, edit: &Edit<'_>, row: &Row<'_>) -> Result<(), LearningError> {
        row.push(edit, &mut self.table);
        if self.table.rows() >= BLOCK_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), LearningError> {
        let batch = self.table.finish();
        let batch = batch.map_err(|error| LearningError::table(&self.path, error))?;
        match self.blocks.send(batch) {
            Ok(()) => Ok(()),
            // It takes no more because it failed.
            Err(_) => outcome(self.encoder.take(), &self.path),
        }
    }

    /// Writes what is left and forces the file to disk.
    pub(super) fn finish(mut self) -> Result<(), LearningError> {
        self.flush()?;
        // No more comes.
        drop(self.blocks);
        outcome(self.encoder, &self.path)
    }
}

fn outcome(
    encoder: Option<JoinHandle<Result<(), LearningError>>>,
    path: &Path,
) -> Result<(), LearningError> {
    let ended = || LearningError::table(path, "its encoder has ended");
    let encoder = encoder.ok_or_else(ended)?;
    encoder.join().unwrap_or_else(|_| Err(ended()))
}

/// Encodes blocks until no more come.
fn encode(
    mut writer: ArrowWriter<File>,
    blocks: &Receiver<RecordBatch>,
    path: &Path,
) -> Result<(), LearningError> {
    for block in blocks {
        let written = writer.write(&block);
        written.map_err(LearningError::parquet(path))?;
    }
    let file = writer.into_inner().map_err(LearningError::parquet(path))?;
    file.sync_all().map_err(LearningError::io("sync", path))
}
