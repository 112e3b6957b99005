//! Labels on disk: one Parquet file for each day of edits, `labels/date=YYYY-MM-DD/labels.parquet`,
//! replaced as a whole. The columns are those of `docs/contracts/labels.md`.

use crate::archive::Lake;
use crate::error::LakeError;
use crate::storage::{Key, Storage};
use arrow_array::builder::{
    Int64Builder, StringBuilder, TimestampMillisecondBuilder, UInt32Builder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use jiff::civil::Date;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, LazyLock};
use wikisentry_core::labels::{Label, LabelKind, LabelSource};
use wikisentry_core::user::UserType;
use xxhash_rust::xxh3::xxh3_64;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    use DataType::{Int64, UInt32, Utf8};
    let time = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let columns = [
        ("wiki", Utf8, false),
        ("rev_id", Int64, false),
        ("page_title", Utf8, false),
        ("edit_time", time.clone(), false),
        ("kind", Utf8, false),
        ("source", Utf8, false),
        ("reverting_rev_id", Int64, true),
        ("reverting_user_type", Utf8, true),
        ("reverted_at", time, false),
        ("delay_seconds", Int64, false),
        ("update", UInt32, false),
    ];
    let fields = columns.map(|(name, kind, nullable)| Field::new(name, kind, nullable));
    Arc::new(Schema::new(fields.to_vec()))
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

/// Where the last labelling ended.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Settled {
    /// The first day that may still change.
    next: Option<Date>,
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
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|builder| builder.build())
            .map_err(LakeError::reading(&path))?;
        for batch in reader {
            let batch = batch.map_err(|error| LakeError::reading(&path)(error.into()))?;
            decode(&batch, &mut known).ok_or_else(|| {
                LakeError::wrong_schema(&path, "it is no table of labels of this version")
            })?;
        }
        Ok(known)
    }

    /// The first day whose labels may still change; `None` if that is every day.
    ///
    /// # Errors
    /// If the marker cannot be read. A damaged one counts as none: it costs the time to go through
    /// all days again.
    pub fn unsettled_from(&self) -> Result<Option<Date>, LakeError> {
        let marker = self.storage.read(&marker())?;
        let settled = marker.and_then(|seen| serde_json::from_slice::<Settled>(&seen.bytes).ok());
        Ok(settled.unwrap_or_default().next)
    }

    /// Notes that only the labels of a day and of later ones may still change.
    ///
    /// # Errors
    /// If the marker cannot be written; the one before is then still there.
    pub fn settle_before(&self, next: Option<Date>) -> Result<(), LakeError> {
        let bytes = serde_json::to_vec(&Settled { next }).expect("a date is always JSON");
        Ok(self.storage.put(&marker(), &bytes)?)
    }
}

fn file(day: Date) -> Key {
    Key::from(format!("labels/date={day}/labels.parquet"))
}

fn marker() -> Key {
    Key::from("labels/settled.json")
}

fn encode(labels: &[&Label]) -> Result<Vec<u8>, ParquetError> {
    let text = || StringBuilder::with_capacity(labels.len(), 0);
    let integer = || Int64Builder::with_capacity(labels.len());
    let time = || TimestampMillisecondBuilder::with_capacity(labels.len()).with_timezone("UTC");
    let (mut wiki, mut title, mut kind, mut source) = (text(), text(), text(), text());
    let (mut rev_id, mut reverting, mut delay) = (integer(), integer(), integer());
    let (mut edited, mut reverted, mut user_type) = (time(), time(), text());
    let mut update = UInt32Builder::with_capacity(labels.len());
    for label in labels {
        wiki.append_value(&label.wiki);
        rev_id.append_value(label.rev_id);
        title.append_value(&label.page_title);
        edited.append_value(label.edit_time.as_millis());
        kind.append_value(label.kind.name());
        source.append_value(label.source.name());
        reverting.append_option(label.reverting_rev_id);
        user_type.append_option(label.reverting_user_type.map(UserType::name));
        reverted.append_value(label.reverted_at.as_millis());
        delay.append_value(label.delay_seconds);
        update.append_value(label.update);
    }
    let batch = RecordBatch::try_new(
        SCHEMA.clone(),
        vec![
            Arc::new(wiki.finish()),
            Arc::new(rev_id.finish()),
            Arc::new(title.finish()),
            Arc::new(edited.finish()),
            Arc::new(kind.finish()),
            Arc::new(source.finish()),
            Arc::new(reverting.finish()),
            Arc::new(user_type.finish()),
            Arc::new(reverted.finish()),
            Arc::new(delay.finish()),
            Arc::new(update.finish()),
        ],
    )?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), SCHEMA.clone(), Some(properties))?;
    writer.write(&batch)?;
    writer.into_inner()
}

fn decode(batch: &RecordBatch, known: &mut FxHashMap<RevisionKey, KnownLabel>) -> Option<()> {
    let text = |name| batch.column_by_name(name)?.as_string_opt::<i32>();
    let integer = |name| batch.column_by_name(name)?.as_primitive_opt::<Int64Type>();
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
