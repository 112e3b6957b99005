//! Reading edits back from the lake: the columns of a file become [`Edit`]s that borrow from them.
//! It writes nothing.

use super::parquet_file::Opened;
use crate::error::LakeError;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, BooleanArray, Int32Array, Int64Array, ListArray, PrimitiveArray};
use arrow_array::{RecordBatch, StringArray};
use parquet::arrow::ProjectionMask;
use std::path::{Path, PathBuf};
use wikisentry_core::edit::{Edit, EditType};
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

/// Rows that are in memory at a time.
const BATCH_ROWS: usize = 8_192;

/// What an edit is made of; the rest of the columns is what the platform said of it.
pub(super) const COLUMNS: [&str; 24] = [
    "meta_id",
    "wiki",
    "rev_id",
    "rev_old_id",
    "page_title",
    "namespace",
    "user",
    "is_bot",
    "is_minor",
    "comment",
    "length_old",
    "length_new",
    "event_time",
    "edit_type",
    "page_id",
    "user_id",
    "is_patrolled",
    "user_edit_count",
    "user_registered_at",
    "user_groups",
    "page_revision_count",
    "source_topic",
    "source_partition",
    "source_offset",
];

/// A file of the lake that is open: a compaction cannot take it away any more.
pub struct OpenFile {
    path: PathBuf,
    opened: Opened,
}

impl OpenFile {
    pub(super) fn new(path: PathBuf, opened: Opened) -> Self {
        Self { path, opened }
    }

    /// Where it is, or was.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its edits, some thousand at a time, for [`Edits::of`].
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn batches(
        self,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, LakeError>>, LakeError> {
        let Self { path, opened } = self;
        let mask = ProjectionMask::columns(opened.parquet_schema(), COLUMNS);
        let reader = opened
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(LakeError::reading(&path))?;
        Ok(reader.map(move |batch| batch.map_err(|error| LakeError::reading(&path)(error.into()))))
    }
}

/// Edits of a file of the lake, as its columns.
pub struct Edits<'b> {
    rows: usize,
    user_type: UserType,
    meta_id: &'b StringArray,
    wiki: &'b StringArray,
    rev_id: &'b Int64Array,
    rev_old_id: &'b Int64Array,
    page_title: &'b StringArray,
    namespace: &'b Int64Array,
    user: &'b StringArray,
    is_bot: &'b BooleanArray,
    is_minor: &'b BooleanArray,
    comment: &'b StringArray,
    length_old: &'b Int64Array,
    length_new: &'b Int64Array,
    event_time: &'b PrimitiveArray<TimestampMillisecondType>,
    edit_type: &'b StringArray,
    page_id: &'b Int64Array,
    user_id: &'b Int64Array,
    is_patrolled: &'b BooleanArray,
    user_edit_count: &'b Int64Array,
    user_registered_at: &'b PrimitiveArray<TimestampMillisecondType>,
    user_groups: &'b ListArray,
    page_revision_count: &'b Int64Array,
    source_topic: &'b StringArray,
    source_partition: &'b Int32Array,
    source_offset: &'b Int64Array,
}

impl<'b> Edits<'b> {
    /// The edits of a batch that [`OpenFile::batches`] gave; `path` is for messages.
    ///
    /// # Errors
    /// If a column is missing, of another type, or holds a time outside of the years 1 to 9999.
    pub fn of(batch: &'b RecordBatch, user_type: UserType, path: &Path) -> Result<Self, LakeError> {
        let column = |name: &str| {
            let missing = || LakeError::wrong_schema(path, format!("there is no column `{name}`"));
            batch.column_by_name(name).ok_or_else(missing)
        };
        let wrong = |name: &str| {
            LakeError::wrong_schema(path, format!("column `{name}` is of another type"))
        };
        let text = |name| {
            column(name)?
                .as_string_opt::<i32>()
                .ok_or_else(|| wrong(name))
        };
        let integer = |name| {
            column(name)?
                .as_primitive_opt::<Int64Type>()
                .ok_or_else(|| wrong(name))
        };
        let flag = |name| column(name)?.as_boolean_opt().ok_or_else(|| wrong(name));
        let time = |name| {
            let column = column(name)?.as_primitive_opt::<TimestampMillisecondType>();
            column.ok_or_else(|| wrong(name))
        };
        let (event_time, registered_at) = (time("event_time")?, time("user_registered_at")?);
        for (name, times) in [
            ("event_time", event_time),
            ("user_registered_at", registered_at),
        ] {
            if !times
                .iter()
                .flatten()
                .all(|at| EventTime::from_millis(at).is_some())
            {
                let detail = format!("column `{name}` holds a time out of range");
                return Err(LakeError::wrong_schema(path, detail));
            }
        }
        let groups = column("user_groups")?.as_list_opt::<i32>();
        let partition = column("source_partition")?.as_primitive_opt::<Int32Type>();
        Ok(Self {
            rows: batch.num_rows(),
            user_type,
            meta_id: text("meta_id")?,
            wiki: text("wiki")?,
            rev_id: integer("rev_id")?,
            rev_old_id: integer("rev_old_id")?,
            page_title: text("page_title")?,
            namespace: integer("namespace")?,
            user: text("user")?,
            is_bot: flag("is_bot")?,
            is_minor: flag("is_minor")?,
            comment: text("comment")?,
            length_old: integer("length_old")?,
            length_new: integer("length_new")?,
            event_time,
            edit_type: text("edit_type")?,
            page_id: integer("page_id")?,
            user_id: integer("user_id")?,
            is_patrolled: flag("is_patrolled")?,
            user_edit_count: integer("user_edit_count")?,
            user_registered_at: registered_at,
            user_groups: groups.ok_or_else(|| wrong("user_groups"))?,
            page_revision_count: integer("page_revision_count")?,
            source_topic: text("source_topic")?,
            source_partition: partition.ok_or_else(|| wrong("source_partition"))?,
            source_offset: integer("source_offset")?,
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// When an edit was made.
    pub fn time(&self, row: usize) -> EventTime {
        at(self.event_time.value(row))
    }

    /// The revision that an edit made; 0 where it is not known.
    pub fn revision(&self, row: usize) -> i64 {
        value(self.rev_id, row).unwrap_or_default()
    }

    /// The edit of a row, which is below [`Edits::len`]. Panics otherwise.
    pub fn edit(&self, row: usize) -> Edit<'b> {
        Edit {
            meta_id: self.meta_id.value(row).into(),
            wiki: self.wiki.value(row).into(),
            edit_type: match self.edit_type.value(row) {
                "new" => EditType::New,
                _ => EditType::Edit,
            },
            rev_id: value(self.rev_id, row),
            rev_old_id: value(self.rev_old_id, row),
            page_id: value(self.page_id, row),
            page_title: self.page_title.value(row).into(),
            namespace: value(self.namespace, row),
            user: text(self.user, row),
            user_id: value(self.user_id, row),
            user_type: self.user_type,
            is_bot: self.is_bot.value(row),
            is_minor: flag(self.is_minor, row),
            is_patrolled: flag(self.is_patrolled, row),
            comment: text(self.comment, row),
            length_old: value(self.length_old, row),
            length_new: value(self.length_new, row),
            event_time: self.time(row),
            user_edit_count: value(self.user_edit_count, row),
            user_registered_at: self
                .user_registered_at
                .is_valid(row)
                .then(|| at(self.user_registered_at.value(row))),
            user_groups: self.groups(row),
            page_revision_count: value(self.page_revision_count, row),
            source_topic: text(self.source_topic, row),
            source_partition: self
                .source_partition
                .is_valid(row)
                .then(|| self.source_partition.value(row)),
            source_offset: value(self.source_offset, row),
        }
    }

    fn groups(&self, row: usize) -> Option<Vec<Text<'b>>> {
        if self.user_groups.is_null(row) {
            return None;
        }
        let offsets = self.user_groups.value_offsets();
        let range = offsets[row] as usize..offsets[row + 1] as usize;
        let names = self.user_groups.values().as_string_opt::<i32>()?;
        Some(range.map(|at| names.value(at).into()).collect())
    }
}

fn value(column: &Int64Array, row: usize) -> Option<i64> {
    column.is_valid(row).then(|| column.value(row))
}

fn flag(column: &BooleanArray, row: usize) -> Option<bool> {
    column.is_valid(row).then(|| column.value(row))
}

fn text<'b>(column: &'b StringArray, row: usize) -> Option<Text<'b>> {
    column.is_valid(row).then(|| column.value(row).into())
}

fn at(millis: i64) -> EventTime {
    EventTime::from_millis(millis).expect("the times of a batch were looked at")
}
