//! One Parquet file of the lake, as bytes: for engines that have a storage of their own.

use super::chunk::Chunk;
use super::parquet_file::MOST_ROWS;
use super::schema::{lake_schema, writer_properties};
use crate::error::LakeError;
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;
use std::mem;
use std::path::Path;
use wikisentry_core::classified::ClassifiedEdit;

/// How messages name a file that has no path here.
const PATH: &str = "(a file being written)";

/// A file in the making. All edits of it are of one [`Partition`](super::Partition).
pub struct FileWriter {
    chunk: Chunk,
    rows: u64,
    writer: ArrowWriter<Vec<u8>>,
}

impl FileWriter {
    /// # Errors
    /// None, unless the schema cannot be written.
    pub fn new() -> Result<Self, LakeError> {
        let writer = ArrowWriter::try_new(Vec::new(), lake_schema(), Some(writer_properties(&[])));
        Ok(Self {
            chunk: Chunk::new(),
            rows: 0,
            writer: writer.map_err(wrong)?,
        })
    }

    /// Adds an edit.
    ///
    /// # Errors
    /// If the file has as many rows as readers accept, or cannot be encoded.
    pub fn push(&mut self, record: &ClassifiedEdit<'_>) -> Result<(), LakeError> {
        if self.rows == MOST_ROWS {
            return Err(LakeError::TooLarge {
                path: PATH.into(),
                unit: "rows",
                found: self.rows + 1,
                most: MOST_ROWS,
            });
        }
        self.chunk.push(record);
        self.rows += 1;
        if self.chunk.is_full() {
            self.encode()?;
        }
        Ok(())
    }

    /// Bytes held, about: those of [`FileWriter::take`] too.
    pub fn memory_bytes(&self) -> usize {
        self.chunk.bytes() + self.writer.memory_size() + self.writer.inner().len()
    }

    /// The bytes of the file that are final and were not taken yet, in order.
    pub fn take(&mut self) -> Vec<u8> {
        mem::take(self.writer.inner_mut())
    }

    /// The last bytes of the file, after those that were taken.
    ///
    /// # Errors
    /// If the rest cannot be encoded.
    pub fn finish(mut self) -> Result<Vec<u8>, LakeError> {
        if !self.chunk.is_empty() {
            self.encode()?;
        }
        self.writer.into_inner().map_err(wrong)
    }

    fn encode(&mut self) -> Result<(), LakeError> {
        let rows = self.chunk.finish().map_err(|error| wrong(error.into()))?;
        self.writer.write(&rows).map_err(wrong)
    }
}

fn wrong(error: ParquetError) -> LakeError {
    LakeError::writing(Path::new(PATH))(error)
}
