//! Labels on disk: one Parquet file for each day of edits, `labels/date=YYYY-MM-DD/labels.parquet`,
//! replaced as a whole. The columns are those of `docs/contracts/labels.md`.

use crate::archive::Lake;
use crate::archive::parquet_file::check_size;
use crate::error::LakeError;
use crate::storage::{Key, Storage};
use crate::table::{TableBuilder, column, schema, time};
use arrow_array::types::UInt32Type;
use arrow_array::{Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, SchemaRef};
use jiff::civil::Date;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;
use wikisentry_core::labels::{Label, LabelKind, LabelSource};
use wikisentry_core::user::UserType;
use xxhash_rust::xxh3::xxh3_64;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    use DataType::{Int64, UInt32, Utf8};
    schema([
        ("wiki", Utf8, false),
        ("rev_id", Int64, false),
        ("page_title", Utf8, false),
        ("edit_time", time(), false),
        ("kind", Utf8, false),
        ("source", Utf8, false),
        ("reverting_rev_id", Int64, true),
        ("reverting_user_type", Utf8, true),
        ("reverted_at", time(), false),
        ("delay_seconds", Int64, false),
        ("update", UInt32, false),
    ])
});

/// What identifies a revision: a hash of the wiki's name, and its number there.
pub type RevisionKey = (u64, i64);

/// The key of a revision.
pub fn revision_key(wiki: &str, rev_id: i64) -> RevisionKey {
    (xxh3_64(wiki.as_bytes()), rev_id)
}

/// What is needed of a label to learn from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownLabel {
    /// What the revert means for the edit.
    pub kind: LabelKind,
    /// The strongest source that says it was reverted.
    pub source: LabelSource,
    /// From the edit to the revert, in seconds.
    pub delay_seconds: i64,
}

/// The labels of all days.
#[derive(Debug, Clone)]
pub struct LabelTable {
    storage: Storage,
}

impl LabelTable {
    /// The labels of a lake, whose folder need not exist.
    pub fn of(lake: &Lake) -> Self {
        Self {
            storage: lake.storage().clone(),
        }
    }

    /// Replaces the labels of a day.
    ///
    /// # Errors
    /// If the file cannot be written; the one before is then still there.
    pub fn write(&self, day: Date, labels: &[&Label]) -> Result<(), LakeError> {
        let key = file(day);
        let bytes = encode(labels).map_err(LakeError::writing(&self.storage.path(&key)))?;
        Ok(self.storage.put(&key, &bytes)?)
    }

    /// The labels of a day by revision; none if the day has no file.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(&self, day: Date) -> Result<FxHashMap<RevisionKey, KnownLabel>, LakeError> {
        let key = file(day);
        let path = self.storage.path(&key);
        let mut known = FxHashMap::default();
        let file = match self.storage.open(&key) {
            Err(error) if error.is_not_found() => return Ok(known),
            file => file?,
        };
        let opened = ParquetRecordBatchReaderBuilder::try_new(file);
        let opened = opened.map_err(LakeError::reading(&path))?;
        check_size(&opened, &path)?;
        let reader = opened.build().map_err(LakeError::reading(&path))?;
        for batch in reader {
            let batch = batch.map_err(|error| LakeError::reading(&path)(error.into()))?;
            decode(&batch, &mut known).ok_or_else(|| {
                LakeError::wrong_schema(&path, "it is no table of labels of this version")
            })?;
        }
        Ok(known)
    }
}

fn file(day: Date) -> Key {
    Key::from(format!("labels/date={day}/labels.parquet"))
}

/// The day of a file of labels, by its key; `None` for other files.
pub(crate) fn day_of(key: &str) -> Option<Date> {
    let day = key.strip_prefix("labels/date=")?;
    day.strip_suffix("/labels.parquet")?.parse().ok()
}

fn encode(labels: &[&Label]) -> Result<Vec<u8>, ParquetError> {
    let mut table = TableBuilder::new(SCHEMA.clone());
    for label in labels {
        let mut row = table.row();
        row.text(&*label.wiki);
        row.integer(label.rev_id);
        row.text(&*label.page_title);
        row.time(label.edit_time);
        row.text(label.kind.name());
        row.text(label.source.name());
        row.integer(label.reverting_rev_id);
        row.text(label.reverting_user_type.map(UserType::name));
        row.time(label.reverted_at);
        row.integer(label.delay_seconds);
        row.number::<UInt32Type>(label.update);
    }
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), SCHEMA.clone(), Some(properties))?;
    writer.write(&table.finish()?)?;
    writer.into_inner()
}

fn decode(batch: &RecordBatch, known: &mut FxHashMap<RevisionKey, KnownLabel>) -> Option<()> {
    let text = |name| column::<StringArray>(batch, name);
    let integer = |name| column::<Int64Array>(batch, name);
    let (wiki, kind, source) = (text("wiki")?, text("kind")?, text("source")?);
    let (rev_id, delay) = (integer("rev_id")?, integer("delay_seconds")?);
    for row in 0..batch.num_rows() {
        if wiki.is_null(row) {
            return None;
        }
        let label = KnownLabel {
            kind: LabelKind::ALL
                .into_iter()
                .find(|one| one.name() == kind.value(row))?,
            source: LabelSource::ALL
                .into_iter()
                .find(|one| one.name() == source.value(row))?,
            delay_seconds: delay.value(row),
        };
        known.insert(revision_key(wiki.value(row), rev_id.value(row)), label);
    }
    Some(())
}
