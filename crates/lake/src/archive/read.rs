//! Reading edits back from the lake: the columns of a file become [`Edit`]s that borrow from them.
//! It writes nothing.

use super::parquet_file::{self, Opened};
use super::schema::lake_schema;
use crate::error::LakeError;
use crate::table::{Columns, column};
use arrow_array::types::Int32Type;
use arrow_array::{Array, Int64Array, RecordBatch, TimestampMillisecondArray};
use std::path::{Path, PathBuf};
use wikisentry_core::edit::{Edit, EditType};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

/// What an edit is made of, then when it arrived; the rest of the columns is what the platform said
/// of it.
pub(super) const COLUMNS: [&str; 25] = [
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
    "ingest_time",
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
        parquet_file::batches(self.opened, &COLUMNS, self.path)
    }
}

/// Edits of a file of the lake, as its columns.
pub struct Edits<'b> {
    user_type: UserType,
    columns: Columns<'b>,
    rev_id: &'b Int64Array,
    event_time: &'b TimestampMillisecondArray,
    ingest_time: &'b TimestampMillisecondArray,
}

impl<'b> Edits<'b> {
    /// The edits of a batch that [`OpenFile::batches`] gave; `path` is for messages.
    ///
    /// # Errors
    /// If a column is missing, of another type, or holds a time outside of the years 1 to 9999.
    pub fn of(batch: &'b RecordBatch, user_type: UserType, path: &Path) -> Result<Self, LakeError> {
        let columns = Columns::of(batch, &COLUMNS, &lake_schema());
        Ok(Self {
            user_type,
            columns: columns.map_err(|detail| LakeError::wrong_schema(path, detail))?,
            rev_id: column(batch, "rev_id").expect("its type was looked at"),
            event_time: column(batch, "event_time").expect("its type was looked at"),
            ingest_time: column(batch, "ingest_time").expect("its type was looked at"),
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.event_time.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.event_time.is_empty()
    }

    /// When an edit was made, as far as its arrival allows ([`EventTime::bounded`]): files written by
    /// earlier versions have edits that are dated ahead.
    pub fn time(&self, row: usize) -> EventTime {
        let time = self.stated(row);
        self.arrival(row)
            .map_or(time, |arrival| time.bounded(arrival))
    }

    /// Where the clock of the stream stands after an edit: never later than it arrived.
    pub fn clock(&self, row: usize) -> EventTime {
        let time = self.stated(row);
        self.arrival(row).map_or(time, |arrival| time.min(arrival))
    }

    fn stated(&self, row: usize) -> EventTime {
        let millis = self.event_time.value(row);
        EventTime::from_millis(millis).expect("the times of a batch were looked at")
    }

    /// When it arrived; files of other origin need not say.
    fn arrival(&self, row: usize) -> Option<EventTime> {
        let is_known = self.ingest_time.is_valid(row);
        let millis = is_known.then(|| self.ingest_time.value(row))?;
        EventTime::from_millis(millis)
    }

    /// The revision that an edit made; 0 where it is not known.
    pub fn revision(&self, row: usize) -> i64 {
        match self.rev_id.is_valid(row) {
            true => self.rev_id.value(row),
            false => 0,
        }
    }

    /// The edit of a row, which is below [`Edits::len`]. Panics otherwise.
    pub fn edit(&self, row: usize) -> Edit<'b> {
        let mut values = self.columns.row(row);
        // In the order of `COLUMNS`.
        Edit {
            user_type: self.user_type,
            meta_id: values.text().unwrap_or_default(),
            wiki: values.text().unwrap_or_default(),
            rev_id: values.integer(),
            rev_old_id: values.integer(),
            page_title: values.text().unwrap_or_default(),
            namespace: values.integer(),
            user: values.text(),
            is_bot: values.flag().unwrap_or_default(),
            is_minor: values.flag(),
            comment: values.text(),
            length_old: values.integer(),
            length_new: values.integer(),
            // The column is passed over: the time is bounded.
            event_time: values.time().map(|_| self.time(row)).unwrap_or_default(),
            edit_type: match values.text().as_deref() {
                Some("new") => EditType::New,
                _ => EditType::Edit,
            },
            page_id: values.integer(),
            user_id: values.integer(),
            is_patrolled: values.flag(),
            user_edit_count: values.integer(),
            user_registered_at: values.time(),
            user_groups: values.texts(),
            page_revision_count: values.integer(),
            source_topic: values.text(),
            source_partition: values.number::<Int32Type>(),
            source_offset: values.integer(),
        }
    }
}
