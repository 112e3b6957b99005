//! Finding archived edits by their revision: the newest hours first, decoding two columns and only
//! the row that is asked for. Numbers repeat between wikis, so a bare one may be several edits.

use super::lake::Lake;
use super::parquet_file;
use super::partition::Partition;
use super::read::{COLUMNS, Edits};
use super::schema::lake_schema;
use crate::error::LakeError;
use crate::storage::{Key, Storage};
use crate::table::{Columns, column};
use arrow_array::types::Float64Type;
use arrow_array::{Array, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow_schema::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, RowFilter};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;
use std::collections::BTreeSet;
use std::path::PathBuf;
use wikisentry_core::classified::{Classification, ClassifiedEdit};

/// What was said of an edit; the rest of what is read.
const CLASSIFICATION: [&str; 5] = [
    "score",
    "class",
    "model_version",
    "ingest_time",
    "score_time",
];

/// An edit of the lake.
#[derive(Debug)]
pub struct ArchivedEdit {
    row: RecordBatch,
    partition: Partition,
    path: PathBuf,
}

impl ArchivedEdit {
    /// The edit, and what was said of it when it came.
    ///
    /// # Errors
    /// If its file has other columns than the lake's.
    pub fn classified(&self) -> Result<ClassifiedEdit<'_>, LakeError> {
        let edits = Edits::of(&self.row, self.partition.user_type(), &self.path)?;
        let columns = Columns::of(&self.row, &CLASSIFICATION, &lake_schema());
        let columns = columns.map_err(|detail| LakeError::wrong_schema(&self.path, detail))?;
        let mut values = columns.row(0);
        Ok(ClassifiedEdit {
            edit: edits.edit(0),
            // In the order of the columns.
            classification: Classification {
                score: values.number::<Float64Type>(),
                class: values.text(),
                model_version: values.text(),
                ingest_time: values.time().unwrap_or_default(),
                score_time: values.time().unwrap_or_default(),
            },
        })
    }
}

/// What a search came upon, and how far it went.
#[derive(Debug, Default)]
pub struct RevisionSearch {
    /// The newest edit of each wiki that has the revision, newest hour first.
    pub found: Vec<ArchivedEdit>,
    /// Edits in the hours looked through.
    pub edits: u64,
    /// The oldest of these hours; `None` with an empty lake.
    pub oldest: Option<Partition>,
}

/// Looks for a revision from the newest hour back. With a wiki the first edit found ends the
/// search; without one the whole lake is gone through.
///
/// # Errors
/// If a file of the lake cannot be read.
pub fn find_revision(
    lake: &Lake,
    wiki: Option<&str>,
    rev_id: i64,
) -> Result<RevisionSearch, LakeError> {
    let mut search = RevisionSearch::default();
    let mut wikis = BTreeSet::new();
    for partition in lake.partitions()?.into_iter().rev() {
        let in_files = |files: &[Key]| in_files(lake.storage(), files, partition, wiki, rev_id);
        let (edits, found) = lake.with_files(partition, in_files)?;
        search.edits += edits;
        search.oldest = Some(partition);
        for edit in found {
            if wikis.insert(edit.classified()?.edit.wiki.into_owned()) {
                search.found.push(edit);
            }
        }
        if wiki.is_some() && !search.found.is_empty() {
            break;
        }
    }
    Ok(search)
}

/// Edits of an hour, and those of the revision, the last written first.
fn in_files(
    storage: &Storage,
    files: &[Key],
    partition: Partition,
    wiki: Option<&str>,
    rev_id: i64,
) -> Result<(u64, Vec<ArchivedEdit>), LakeError> {
    let (mut edits, mut found) = (0, Vec::new());
    for key in files.iter().rev() {
        let (rows, of_file) = in_file(storage, key, wiki, rev_id)?;
        edits += rows;
        let of_file = of_file.into_iter().rev();
        found.extend(of_file.map(|row| ArchivedEdit {
            row,
            partition,
            path: storage.path(key),
        }));
    }
    Ok((edits, found))
}

/// Rows of a file, and those of the revision, one to a batch.
fn in_file(
    storage: &Storage,
    key: &Key,
    wiki: Option<&str>,
    rev_id: i64,
) -> Result<(u64, Vec<RecordBatch>), LakeError> {
    let opened = parquet_file::open(storage, key)?;
    let path = storage.path(key);
    let metadata = opened.metadata().clone();
    let rows = metadata.file_metadata().num_rows().unsigned_abs();
    let groups = metadata.row_groups().iter().enumerate();
    let groups = groups.filter(|(_, group)| may_hold(group, rev_id));
    let groups: Vec<usize> = groups.map(|(at, _)| at).collect();
    let schema = opened.parquet_schema();
    let identity = ProjectionMask::columns(schema, ["wiki", "rev_id"]);
    let mask = ProjectionMask::columns(schema, COLUMNS.into_iter().chain(CLASSIFICATION));
    let wanted = wiki.map(str::to_owned);
    let is_it = ArrowPredicateFn::new(identity, move |batch| {
        matches(&batch, wanted.as_deref(), rev_id)
    });
    let reader = opened
        .with_row_groups(groups)
        .with_projection(mask)
        .with_row_filter(RowFilter::new(vec![Box::new(is_it)]))
        .build()
        .map_err(LakeError::reading(&path))?;
    let mut found = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|error| LakeError::reading(&path)(error.into()))?;
        found.extend((0..batch.num_rows()).map(|row| batch.slice(row, 1)));
    }
    Ok((rows, found))
}

/// Whether the statistics of a row group leave room for the revision.
fn may_hold(group: &RowGroupMetaData, rev_id: i64) -> bool {
    let mut columns = group.columns().iter();
    let column = columns.find(|column| column.column_descr().name() == "rev_id");
    let Some(Statistics::Int64(values)) = column.and_then(|column| column.statistics()) else {
        return true;
    };
    values.min_opt().is_none_or(|min| *min <= rev_id)
        && values.max_opt().is_none_or(|max| rev_id <= *max)
}

fn matches(
    batch: &RecordBatch,
    wiki: Option<&str>,
    rev_id: i64,
) -> Result<BooleanArray, ArrowError> {
    let columns = || {
        let revisions = column::<Int64Array>(batch, "rev_id")?;
        Some((revisions, column::<StringArray>(batch, "wiki")?))
    };
    let (revisions, wikis) = columns()
        .ok_or_else(|| ArrowError::SchemaError("rev_id is no number or wiki no text".to_owned()))?;
    let is_it = |row| {
        revisions.is_valid(row)
            && revisions.value(row) == rev_id
            && wiki.is_none_or(|wiki| wikis.value(row) == wiki)
    };
    Ok((0..batch.num_rows()).map(|row| Some(is_it(row))).collect())
}
