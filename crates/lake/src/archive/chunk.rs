//! Rows of one file that wait to be encoded.

use super::schema::{self, lake_schema};
use crate::table::TableBuilder;
use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use wikisentry_core::classified::ClassifiedEdit;

/// Rows are encoded when there are so many of them, or so many bytes.
const ROWS: usize = 8_192;
const BYTES: usize = 4 << 20;

pub(super) struct Chunk {
    table: TableBuilder,
    bytes: usize,
}

impl Chunk {
    pub(super) fn new() -> Self {
        Self {
            table: TableBuilder::new(lake_schema()),
            bytes: 0,
        }
    }

    /// Adds an edit; gives the bytes that it takes here, about.
    pub(super) fn push(&mut self, record: &ClassifiedEdit<'_>) -> usize {
        let bytes = schema::push(record, &mut self.table);
        self.bytes += bytes;
        bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.table.rows() == 0
    }

    /// Whether it is time to encode.
    pub(super) fn is_full(&self) -> bool {
        self.table.rows() >= ROWS || self.bytes >= BYTES
    }

    /// Bytes of the rows, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives the rows out, and is empty then.
    pub(super) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.bytes = 0;
        self.table.finish()
    }
}
