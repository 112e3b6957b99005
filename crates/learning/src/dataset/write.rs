//! Writes the rows of one part: each feature a column of 32-bit floats, then what is known of the
//! edit beside it. Encoding takes as long as all the rest, so that a thread of its own does it.

use crate::error::LearningError;
use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Float32Builder, Int64Builder, StringBuilder,
    TimestampMillisecondBuilder, UInt64Builder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, LazyLock};
use std::thread::JoinHandle;
use wikisentry_core::edit::Edit;
use wikisentry_core::features;
use xxhash_rust::xxh3::xxh3_64;

/// Rows that are encoded together.
const BLOCK_ROWS: usize = 8_192;
/// Rows of a row group: with some hundred columns it is what is held in memory.
const ROW_GROUP_ROWS: usize = 65_536;
/// Blocks that wait to be encoded.
const WAITING: usize = 4;

/// The columns after the features.
pub(super) const BESIDE: [&str; 7] = [
    "label",
    "wiki",
    "rev_id",
    "user_type",
    "user_hash",
    "event_time",
    "meta_id",
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    use DataType::{Boolean, Float32, Int64, UInt64, Utf8};
    let time = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let kinds = [Boolean, Utf8, Int64, Utf8, UInt64, time, Utf8];
    let features = features::NAMES.iter();
    let features = features.map(|name| Field::new(*name, Float32, false));
    let beside = BESIDE.into_iter().zip(kinds);
    let beside = beside.map(|(name, kind)| Field::new(name, kind, false));
    Arc::new(Schema::new(features.chain(beside).collect::<Vec<_>>()))
});

/// The file of one part in the making.
pub(super) struct PartWriter {
    path: PathBuf,
    blocks: SyncSender<RecordBatch>,
    /// `None` once its outcome was asked for.
    encoder: Option<JoinHandle<Result<(), LearningError>>>,
    columns: Vec<Float32Builder>,
    label: BooleanBuilder,
    wiki: StringBuilder,
    rev_id: Int64Builder,
    user_type: StringBuilder,
    user_hash: UInt64Builder,
    event_time: TimestampMillisecondBuilder,
    meta_id: StringBuilder,
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
        let column = || Float32Builder::with_capacity(BLOCK_ROWS);
        Ok(Self {
            path,
            blocks,
            encoder: Some(encoder),
            columns: std::iter::repeat_with(column)
                .take(features::COUNT)
                .collect(),
            label: BooleanBuilder::new(),
            wiki: StringBuilder::new(),
            rev_id: Int64Builder::new(),
            user_type: StringBuilder::new(),
            user_hash: UInt64Builder::new(),
            event_time: TimestampMillisecondBuilder::new().with_timezone("UTC"),
            meta_id: StringBuilder::new(),
        })
    }

    /// Adds an edit with its features.
    pub(super) fn push(
        &mut self,
        edit: &Edit<'_>,
        rev_id: i64,
        row: &[f32],
        is_damage: bool,
    ) -> Result<(), LearningError> {
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.append_value(*value);
        }
        self.label.append_value(is_damage);
        self.wiki.append_value(edit.wiki.as_str());
        self.rev_id.append_value(rev_id);
        self.user_type.append_value(edit.user_type.name());
        // Hidden users are each one of their own.
        let user = edit.user.as_deref().unwrap_or(&edit.meta_id);
        self.user_hash.append_value(xxh3_64(user.as_bytes()));
        self.event_time.append_value(edit.event_time.as_millis());
        self.meta_id.append_value(edit.meta_id.as_str());
        if self.rev_id.len() >= BLOCK_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), LearningError> {
        let features = self.columns.iter_mut();
        let features = features.map(|column| Arc::new(column.finish()) as ArrayRef);
        let beside: [ArrayRef; BESIDE.len()] = [
            Arc::new(self.label.finish()),
            Arc::new(self.wiki.finish()),
            Arc::new(self.rev_id.finish()),
            Arc::new(self.user_type.finish()),
            Arc::new(self.user_hash.finish()),
            Arc::new(self.event_time.finish()),
            Arc::new(self.meta_id.finish()),
        ];
        let columns = features.chain(beside).collect();
        let batch = RecordBatch::try_new(SCHEMA.clone(), columns);
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
