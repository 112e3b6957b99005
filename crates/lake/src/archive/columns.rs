//! Builders of the lake's columns, fed one edit at a time. Order and types are those of
//! [`super::schema`].

use super::schema::lake_schema;
use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, ListBuilder, StringBuilder,
    TimestampMillisecondBuilder,
};
use arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow_schema::{ArrowError, DataType, Field};
use std::sync::Arc;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::text::Text;
use wikisentry_core::user::UserType;

/// Bytes of a row's numbers, times, flags and text offsets.
const FIXED_ROW_BYTES: usize = 180;

/// Rows of one partition, not yet encoded.
pub(crate) struct Columns {
    rows: usize,
    bytes: usize,
    meta_id: StringBuilder,
    wiki: StringBuilder,
    rev_id: Int64Builder,
    rev_old_id: Int64Builder,
    page_title: StringBuilder,
    namespace: Int64Builder,
    user: StringBuilder,
    is_bot: BooleanBuilder,
    is_minor: BooleanBuilder,
    comment: StringBuilder,
    length_old: Int64Builder,
    length_new: Int64Builder,
    event_time: TimestampMillisecondBuilder,
    ingest_time: TimestampMillisecondBuilder,
    score: Float64Builder,
    class: StringBuilder,
    model_version: StringBuilder,
    edit_type: StringBuilder,
    page_id: Int64Builder,
    user_id: Int64Builder,
    is_patrolled: BooleanBuilder,
    user_edit_count: Int64Builder,
    user_registered_at: TimestampMillisecondBuilder,
    user_groups: ListBuilder<StringBuilder>,
    page_revision_count: Int64Builder,
    source_topic: StringBuilder,
    source_partition: Int32Builder,
    source_offset: Int64Builder,
    score_time: TimestampMillisecondBuilder,
}

/// Builders grow as rows come: a batch may hold a few edits of very many hours.
fn text() -> StringBuilder {
    StringBuilder::with_capacity(0, 0)
}

fn integer() -> Int64Builder {
    Int64Builder::with_capacity(0)
}

fn flag() -> BooleanBuilder {
    BooleanBuilder::with_capacity(0)
}

fn time() -> TimestampMillisecondBuilder {
    TimestampMillisecondBuilder::with_capacity(0)
}

fn groups() -> ListBuilder<StringBuilder> {
    ListBuilder::with_capacity(text(), 0).with_field(Field::new("element", DataType::Utf8, false))
}

impl Columns {
    pub(crate) fn new() -> Self {
        Self {
            rows: 0,
            bytes: 0,
            meta_id: text(),
            wiki: text(),
            rev_id: integer(),
            rev_old_id: integer(),
            page_title: text(),
            namespace: integer(),
            user: text(),
            is_bot: flag(),
            is_minor: flag(),
            comment: text(),
            length_old: integer(),
            length_new: integer(),
            event_time: time(),
            ingest_time: time(),
            score: Float64Builder::with_capacity(0),
            class: text(),
            model_version: text(),
            edit_type: text(),
            page_id: integer(),
            user_id: integer(),
            is_patrolled: flag(),
            user_edit_count: integer(),
            user_registered_at: time(),
            user_groups: groups(),
            page_revision_count: integer(),
            source_topic: text(),
            source_partition: Int32Builder::with_capacity(0),
            source_offset: integer(),
            score_time: time(),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of what is held, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn push(&mut self, record: &ClassifiedEdit<'_>) {
        let (edit, classification) = (&record.edit, &record.classification);
        let mut bytes = FIXED_ROW_BYTES;
        let mut put = |column: &mut StringBuilder, value: &str| {
            bytes += value.len();
            column.append_value(value);
        };
        put(&mut self.meta_id, &edit.meta_id);
        put(&mut self.wiki, &edit.wiki);
        put(&mut self.page_title, &edit.page_title);
        put(&mut self.edit_type, edit.edit_type.name());
        let mut put_option = |column: &mut StringBuilder, value: &Option<Text<'_>>| match value {
            Some(value) => put(column, value),
            None => column.append_null(),
        };
        put_option(&mut self.user, &edit.user);
        put_option(&mut self.comment, &edit.comment);
        put_option(&mut self.class, &classification.class);
        put_option(&mut self.model_version, &classification.model_version);
        put_option(&mut self.source_topic, &edit.source_topic);
        self.rev_id.append_option(edit.rev_id);
        self.rev_old_id.append_option(edit.rev_old_id);
        self.namespace.append_option(edit.namespace);
        self.is_bot.append_value(edit.is_bot);
        self.is_minor.append_option(edit.is_minor);
        self.length_old.append_option(edit.length_old);
        self.length_new.append_option(edit.length_new);
        self.event_time.append_value(edit.event_time.as_millis());
        self.ingest_time
            .append_value(classification.ingest_time.as_millis());
        self.score.append_option(classification.score);
        self.page_id.append_option(edit.page_id);
        self.user_id.append_option(edit.user_id);
        self.is_patrolled.append_option(edit.is_patrolled);
        self.user_edit_count.append_option(edit.user_edit_count);
        self.user_registered_at
            .append_option(edit.user_registered_at.map(|at| at.as_millis()));
        for group in edit.user_groups.iter().flatten() {
            bytes += group.len() + size_of::<i32>();
            self.user_groups.values().append_value(group.as_str());
        }
        self.user_groups.append(edit.user_groups.is_some());
        self.page_revision_count
            .append_option(edit.page_revision_count);
        self.source_partition.append_option(edit.source_partition);
        self.source_offset.append_option(edit.source_offset);
        self.score_time
            .append_value(classification.score_time.as_millis());
        self.rows += 1;
        self.bytes += bytes;
    }

    /// Hands out the rows, all of them of `user_type`, and is empty then.
    pub(crate) fn take(&mut self, user_type: UserType) -> Result<RecordBatch, ArrowError> {
        let keys = Int32Array::from(vec![0; self.rows]);
        let names = StringArray::from(vec![user_type.name()]);
        let user_type = DictionaryArray::try_new(keys, Arc::new(names))?;
        let utc =
            |array: TimestampMillisecondArray| Arc::new(array.with_timezone("UTC")) as ArrayRef;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.meta_id.finish()),
            Arc::new(self.wiki.finish()),
            Arc::new(self.rev_id.finish()),
            Arc::new(self.rev_old_id.finish()),
            Arc::new(self.page_title.finish()),
            Arc::new(self.namespace.finish()),
            Arc::new(self.user.finish()),
            Arc::new(user_type),
            Arc::new(self.is_bot.finish()),
            Arc::new(self.is_minor.finish()),
            Arc::new(self.comment.finish()),
            Arc::new(self.length_old.finish()),
            Arc::new(self.length_new.finish()),
            utc(self.event_time.finish()),
            utc(self.ingest_time.finish()),
            Arc::new(self.score.finish()),
            Arc::new(self.class.finish()),
            Arc::new(self.model_version.finish()),
            Arc::new(self.edit_type.finish()),
            Arc::new(self.page_id.finish()),
            Arc::new(self.user_id.finish()),
            Arc::new(self.is_patrolled.finish()),
            Arc::new(self.user_edit_count.finish()),
            utc(self.user_registered_at.finish()),
            Arc::new(self.user_groups.finish()),
            Arc::new(self.page_revision_count.finish()),
            Arc::new(self.source_topic.finish()),
            Arc::new(self.source_partition.finish()),
            Arc::new(self.source_offset.finish()),
            utc(self.score_time.finish()),
        ];
        self.rows = 0;
        self.bytes = 0;
        RecordBatch::try_new(lake_schema(), columns)
    }
}
