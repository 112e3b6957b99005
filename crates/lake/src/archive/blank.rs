//! Taking what a wiki has hidden out of files that are in place: each file that holds some of it is
//! rewritten and takes the place of the old one in one step, so that readers and crashes find
//! either. Row by row it is the same file but for names and summaries.

use super::lake;
use super::parquet_file::{self, Opened, merged_names};
use super::partition::Partition;
use super::publish::Archive;
use super::schema::{check_columns, in_this_version};
use crate::error::LakeError;
use crate::storage::{Key, Storage};
use crate::table::column;
use arrow_array::builder::{ListBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::types::{Int64Type, TimestampMillisecondType};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, Int64Array, ListArray, PrimitiveArray, RecordBatch,
    StringArray,
};
use arrow_schema::{ArrowError, DataType};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;
use std::collections::BTreeSet;
use std::sync::Arc;
use wikisentry_core::event::HiddenParts;
use wikisentry_core::hidden::Hidden;
use wikisentry_core::time::EventTime;

/// Rows rewritten at a time.
const ROWS: usize = 2_048;
/// An edit lies near the time that its revision says: clocks differ, and hours end.
const NEAR_MS: i64 = 3_600_000;
/// Columns that say who made an edit.
const USER: [&str; 5] = [
    "user",
    "user_id",
    "user_edit_count",
    "user_registered_at",
    "user_groups",
];

/// What was taken out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blanked {
    /// Files that were replaced.
    pub files: u64,
    /// Edits that had something hidden in them.
    pub edits: u64,
    /// The hours that these lie in.
    pub hours: BTreeSet<Partition>,
}

impl Archive {
    /// Takes what is hidden out of the files in place: of those near the times at which the revisions
    /// were made, if all of these are known, or else of all. May be repeated after any error and after
    /// any crash.
    ///
    /// # Errors
    /// If a file cannot be read or replaced; those before it are done.
    pub fn blank(
        &mut self,
        hidden: &Hidden,
        made_at: Option<&[EventTime]>,
    ) -> Result<Blanked, LakeError> {
        let mut blanked = Blanked::default();
        let rev_ids: BTreeSet<i64> = hidden.rev_ids().collect();
        for partition in self.lake.partitions()? {
            if made_at.is_some_and(|times| !is_near(partition, times)) {
                continue;
            }
            for key in self.lake.partition_files(partition)? {
                let edits = rewrite(self.lake.storage(), &key, hidden, &rev_ids)?;
                if edits > 0 {
                    blanked.files += 1;
                    blanked.edits += edits;
                    blanked.hours.insert(partition);
                }
            }
        }
        let touched: Vec<Key> = blanked
            .hours
            .iter()
            .map(|hour| lake::folder(*hour))
            .collect();
        self.lake.storage().force(&touched)?;
        if blanked.files > 0 {
            // The files have other sizes now.
            self.lake.keep_totals()?;
        }
        Ok(blanked)
    }
}

fn is_near(partition: Partition, times: &[EventTime]) -> bool {
    times.iter().any(|time| {
        let time = time.as_millis();
        partition.start_millis() <= time.saturating_add(NEAR_MS)
            && time.saturating_sub(NEAR_MS) < partition.end_millis()
    })
}

/// Rewrites a file if it holds something hidden; answers in how many edits.
fn rewrite(
    storage: &Storage,
    key: &Key,
    hidden: &Hidden,
    rev_ids: &BTreeSet<i64>,
) -> Result<u64, LakeError> {
    let opened = parquet_file::open(storage, key)?;
    let columns = check_columns(opened.schema().fields(), &storage.path(key));
    let groups = opened.metadata().row_groups();
    let may_hold = |group: &RowGroupMetaData| hidden.has_pages() || holds_one(group, rev_ids);
    if !groups.iter().any(may_hold) || !is_in(storage, key, opened, hidden)? {
        return Ok(0);
    }
    if let Err(error) = columns {
        tracing::warn!("what is hidden stays in a file: {error}");
        return Ok(0);
    }
    let staged = lake::staging().join(format!("{:016x}-blank", rand::random::<u64>()));
    let edits = write_rest(storage, key, &staged, hidden);
    if edits.is_err() {
        // What cannot be removed now is removed at the next start.
        let _ = storage.discard(&staged);
    }
    let edits = edits?;
    if edits == 0 {
        // All of it was taken out before.
        storage.discard(&staged)?;
        return Ok(0);
    }
    storage.rename(&staged, key)?;
    Ok(edits)
}

/// Writes a file's rows to another, durably, without what is hidden; answers in how many it was.
fn write_rest(
    storage: &Storage,
    key: &Key,
    staged: &Key,
    hidden: &Hidden,
) -> Result<u64, LakeError> {
    let path = storage.path(key);
    let merged = merged_names(storage, key)?;
    let mut writer = parquet_file::create(storage, staged, &merged)?;
    let reader = parquet_file::open(storage, key)?
        .with_batch_size(ROWS)
        .build()
        .map_err(LakeError::reading(&path))?;
    let mut edits = 0;
    for batch in reader {
        let batch = batch.map_err(|error| LakeError::reading(&path)(error.into()))?;
        let parts = parts(&batch, hidden);
        let parts = parts.ok_or_else(|| LakeError::wrong_schema(&path, WRONG))?;
        edits += parts.iter().filter(|parts| parts.is_some()).count() as u64;
        let batch = blanked(&batch, &parts)
            .map_err(|error| LakeError::wrong_schema(&path, error.to_string()))?;
        writer
            .write(&batch)
            .map_err(LakeError::writing(&storage.path(staged)))?;
    }
    parquet_file::finish(writer, storage, staged)?;
    storage.force([&lake::staging()])?;
    Ok(edits)
}

const WRONG: &str = "its columns are not those of the lake";

/// Whether one of the revisions is within the bounds of a row group.
fn holds_one(group: &RowGroupMetaData, rev_ids: &BTreeSet<i64>) -> bool {
    let mut columns = group.columns().iter();
    let column = columns.find(|column| column.column_descr().name() == "rev_id");
    match column.and_then(|column| column.statistics()) {
        Some(Statistics::Int64(values)) => match (values.min_opt(), values.max_opt()) {
            (Some(min), Some(max)) => rev_ids.range(*min..=*max).next().is_some(),
            _ => true,
        },
        _ => true,
    }
}

/// Whether a file holds one of the edits: two columns are read, or three.
fn is_in(storage: &Storage, key: &Key, opened: Opened, hidden: &Hidden) -> Result<bool, LakeError> {
    let wanted: &[&str] = match hidden.has_pages() {
        true => &["wiki", "rev_id", "page_title"],
        false => &["wiki", "rev_id"],
    };
    let path = storage.path(key);
    for batch in parquet_file::batches(opened, wanted, path.clone())? {
        let is_there = holds(&batch?, hidden);
        if is_there.ok_or_else(|| LakeError::wrong_schema(&path, WRONG))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn holds(batch: &RecordBatch, hidden: &Hidden) -> Option<bool> {
    let (wikis, titles) = (
        column::<StringArray>(batch, "wiki")?,
        column::<StringArray>(batch, "page_title"),
    );
    let revisions: &Int64Array = column(batch, "rev_id")?;
    let mut rows = 0..batch.num_rows();
    Some(rows.any(|row| {
        let rev_id = revisions.is_valid(row).then(|| revisions.value(row));
        let title = titles.map_or("", |titles| titles.value(row));
        hidden.of(wikis.value(row), rev_id, title).is_some()
    }))
}

/// What is to be taken out of each row; nothing of those that have lost it already.
fn parts(batch: &RecordBatch, hidden: &Hidden) -> Option<Vec<Option<HiddenParts>>> {
    let text = |name| column::<StringArray>(batch, name);
    let (wikis, titles) = (text("wiki")?, text("page_title")?);
    let (users, comments) = (text("user")?, text("comment")?);
    let revisions: &Int64Array = column(batch, "rev_id")?;
    let of_row = |row: usize| {
        let rev_id = revisions.is_valid(row).then(|| revisions.value(row));
        let parts = hidden.of(wikis.value(row), rev_id, titles.value(row))?;
        let is_there = parts.user && users.is_valid(row) || parts.comment && comments.is_valid(row);
        is_there.then_some(parts)
    };
    Some((0..batch.num_rows()).map(of_row).collect())
}

/// The batch without what is hidden.
fn blanked(batch: &RecordBatch, parts: &[Option<HiddenParts>]) -> Result<RecordBatch, ArrowError> {
    let batch = in_this_version(batch)?;
    let schema = batch.schema();
    let columns = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| {
            let name = field.name().as_str();
            let wrong = || ArrowError::SchemaError(format!("`{name}` is of another type"));
            let is_kept = |row: usize| match parts[row] {
                None => true,
                Some(parts) => {
                    !(parts.user && USER.contains(&name) || parts.comment && name == "comment")
                }
            };
            if !USER.contains(&name) && name != "comment" {
                return Ok(column.clone());
            }
            without(column, field.data_type(), is_kept).ok_or_else(wrong)
        });
    RecordBatch::try_new(schema.clone(), columns.collect::<Result<_, _>>()?)
}

/// A column with nulls where a value is not kept; `None` for a type that the lake does not have.
fn without(
    column: &ArrayRef,
    kind: &DataType,
    is_kept: impl Fn(usize) -> bool,
) -> Option<ArrayRef> {
    let rows = 0..column.len();
    let is_kept = |row: &usize| column.is_valid(*row) && is_kept(*row);
    Some(match kind {
        DataType::Utf8 => {
            let values: &StringArray = column.as_any().downcast_ref()?;
            let kept = rows.map(|row| is_kept(&row).then(|| values.value(row)));
            Arc::new(kept.collect::<StringArray>())
        }
        DataType::List(element) => {
            let lists: &ListArray = column.as_any().downcast_ref()?;
            let mut kept = ListBuilder::new(StringBuilder::new()).with_field(element.clone());
            for row in rows {
                if is_kept(&row) {
                    let values = lists.value(row);
                    let values: &StringArray = values.as_any().downcast_ref()?;
                    values
                        .iter()
                        .for_each(|value| kept.values().append_option(value));
                    kept.append(true);
                } else {
                    kept.append(false);
                }
            }
            Arc::new(kept.finish())
        }
        DataType::Int64 => numbers::<Int64Type>(column, kind, is_kept)?,
        DataType::Timestamp(..) => numbers::<TimestampMillisecondType>(column, kind, is_kept)?,
        _ => return None,
    })
}

fn numbers<T: ArrowPrimitiveType>(
    column: &ArrayRef,
    kind: &DataType,
    is_kept: impl Fn(&usize) -> bool,
) -> Option<ArrayRef> {
    let values: &PrimitiveArray<T> = column.as_any().downcast_ref()?;
    let mut kept = PrimitiveBuilder::<T>::with_capacity(values.len());
    for row in 0..values.len() {
        kept.append_option(is_kept(&row).then(|| values.value(row)));
    }
    Some(Arc::new(kept.finish().with_data_type(kind.clone())))
}
