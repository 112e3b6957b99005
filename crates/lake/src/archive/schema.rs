//! The schema of the lake's edits, the one before it, and how columns are written. The meaning of each
//! column stands in `docs/contracts/lake.md`, which a test holds to this list.

use crate::error::LakeError;
use crate::table::{TableBuilder, column, schema, time};
use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::link;

/// Version of the schema. Files of version 1 lack the column `url`, and have `user_type`, which other
/// engines take for a contradiction to the folder of that name.
pub const SCHEMA_VERSION: &str = "2";

/// The column that version 1 has besides, and its place.
const USER_TYPE: (usize, &str) = (7, "user_type");
/// The column that it lacks, the last.
const URL: &str = "url";

/// Key of the schema's version in a file's metadata.
pub(crate) const VERSION_KEY: &str = "wikisentry.schema_version";
/// Key of the names of the files that a compacted file replaced, as a JSON array.
pub(crate) const MERGED_KEY: &str = "wikisentry.merged_files";

/// Rows of a row group: large enough to compress and to skip by, small enough to hold in memory.
const ROW_GROUP_ROWS: usize = 131_072;
/// Encoded bytes after which a row group ends even if it has fewer rows.
const ROW_GROUP_BYTES: usize = 16 << 20;

/// Pages and dictionaries are kept until their row group ends: the smaller, the less memory.
const PAGE_BYTES: usize = 256 << 10;
const DICTIONARY_BYTES: usize = 128 << 10;

/// Columns with hardly a value twice: a dictionary would be built to be thrown away, in half again
/// the time and twice the memory.
const PLAIN: [&str; 13] = [
    "meta_id",
    "rev_id",
    "rev_old_id",
    "page_title",
    "comment",
    "length_old",
    "length_new",
    "event_time",
    "ingest_time",
    "score",
    "source_offset",
    "score_time",
    URL,
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    use DataType::{Boolean, Float64, Int32, Int64, Utf8};
    let groups = DataType::List(Arc::new(Field::new("element", Utf8, false)));
    schema([
        ("meta_id", Utf8, false),
        ("wiki", Utf8, false),
        ("rev_id", Int64, true),
        ("rev_old_id", Int64, true),
        ("page_title", Utf8, false),
        ("namespace", Int64, true),
        ("user", Utf8, true),
        ("is_bot", Boolean, false),
        ("is_minor", Boolean, true),
        ("comment", Utf8, true),
        ("length_old", Int64, true),
        ("length_new", Int64, true),
        ("event_time", time(), false),
        ("ingest_time", time(), false),
        ("score", Float64, true),
        ("class", Utf8, true),
        ("model_version", Utf8, true),
        ("edit_type", Utf8, false),
        ("page_id", Int64, true),
        ("user_id", Int64, true),
        ("is_patrolled", Boolean, true),
        ("user_edit_count", Int64, true),
        ("user_registered_at", time(), true),
        ("user_groups", groups, true),
        ("page_revision_count", Int64, true),
        ("source_topic", Utf8, true),
        ("source_partition", Int32, true),
        ("source_offset", Int64, true),
        ("score_time", time(), false),
        (URL, Utf8, true),
    ])
});

/// As earlier versions of the program wrote it.
static VERSION_1: LazyLock<SchemaRef> = LazyLock::new(|| {
    let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let mut fields = SCHEMA.fields().to_vec();
    fields.retain(|field| field.name() != URL);
    fields.insert(USER_TYPE.0, Arc::new(Field::new(USER_TYPE.1, kind, false)));
    Arc::new(Schema::new(fields))
});

/// Bytes of a row's numbers, times, flags and text offsets.
const FIXED_ROW_BYTES: usize = 180;

/// Adds an edit to a table of this schema; gives the bytes that it takes there, about.
pub(crate) fn push(record: &ClassifiedEdit<'_>, table: &mut TableBuilder) -> usize {
    let (edit, classification) = (&record.edit, &record.classification);
    let mut row = table.row();
    row.text(&*edit.meta_id);
    row.text(&*edit.wiki);
    row.integer(edit.rev_id);
    row.integer(edit.rev_old_id);
    row.text(&*edit.page_title);
    row.integer(edit.namespace);
    row.text(edit.user.as_deref());
    row.flag(edit.is_bot);
    row.flag(edit.is_minor);
    row.text(edit.comment.as_deref());
    row.integer(edit.length_old);
    row.integer(edit.length_new);
    row.time(record.time());
    row.time(classification.ingest_time);
    row.number::<Float64Type>(classification.score);
    row.text(classification.class.as_deref());
    row.text(classification.model_version.as_deref());
    row.text(edit.edit_type.name());
    row.integer(edit.page_id);
    row.integer(edit.user_id);
    row.flag(edit.is_patrolled);
    row.integer(edit.user_edit_count);
    row.time(edit.user_registered_at);
    row.texts(edit.user_groups.as_deref());
    row.integer(edit.page_revision_count);
    row.text(edit.source_topic.as_deref());
    row.number::<Int32Type>(edit.source_partition);
    row.integer(edit.source_offset);
    row.time(classification.score_time);
    row.text(link::diff_of(edit).as_deref());
    FIXED_ROW_BYTES + row.text_bytes()
}

/// The Arrow schema of a new file under `lake/edits`.
pub fn lake_schema() -> SchemaRef {
    SCHEMA.clone()
}

/// Refuses a file with other columns than the lake's, of this version or the one before.
pub(super) fn check_columns(found: &Fields, path: &Path) -> Result<(), LakeError> {
    if found == SCHEMA.fields() || found == VERSION_1.fields() {
        return Ok(());
    }
    let wanted = match found.find(USER_TYPE.1) {
        Some(_) => VERSION_1.fields(),
        None => SCHEMA.fields(),
    };
    let differs =
        |(found, wanted)| (found != wanted).then(|| format!("{found} instead of {wanted}"));
    let detail = found.iter().zip(wanted).find_map(differs);
    let detail = detail.unwrap_or_else(|| format!("{} columns", found.len()));
    Err(LakeError::wrong_schema(path, detail))
}

/// The rows of a file of either version in the columns of this one.
pub(super) fn in_this_version(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns = SCHEMA.fields().iter().map(|field| {
        let name = field.name();
        let column = batch.column_by_name(name).cloned();
        let column = column.or_else(|| (name == URL).then(|| urls(batch))?);
        column.ok_or_else(|| ArrowError::SchemaError(format!("there is no column `{name}`")))
    });
    RecordBatch::try_new(lake_schema(), columns.collect::<Result<_, _>>()?)
}

/// Where each edit of a batch can be looked at.
fn urls(batch: &RecordBatch) -> Option<ArrayRef> {
    let wikis: &StringArray = column(batch, "wiki")?;
    let revisions: &Int64Array = column(batch, "rev_id")?;
    let rows = wikis.iter().zip(revisions);
    let urls = rows.map(|(wiki, rev_id)| link::diff(wiki?, rev_id?));
    Some(Arc::new(urls.collect::<StringArray>()))
}

/// Properties of a new file; `merged` names the files it replaces, if any.
pub(crate) fn writer_properties(merged: &[String]) -> WriterProperties {
    let mut metadata = vec![KeyValue::new(
        VERSION_KEY.to_owned(),
        SCHEMA_VERSION.to_owned(),
    )];
    if !merged.is_empty() {
        let names = serde_json::Value::from(merged.to_vec()).to_string();
        metadata.push(KeyValue::new(MERGED_KEY.to_owned(), names));
    }
    let properties = WriterProperties::builder()
        .set_created_by(concat!("wikisentry ", env!("CARGO_PKG_VERSION")).to_owned())
        // Level 3 takes a third more time to save nothing on these columns.
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_key_value_metadata(Some(metadata));
    let properties = PLAIN.into_iter().fold(properties, |properties, column| {
        properties.set_column_dictionary_enabled(ColumnPath::from(column), false)
    });
    properties.build()
}
