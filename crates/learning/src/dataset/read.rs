//! Reads the rows of one part back, a block at a time.

use crate::error::LearningError;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int64Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::fs::File;
use std::path::{Path, PathBuf};
use wikisentry_core::features;
use wikisentry_core::user::UserType;

const BLOCK_ROWS: usize = 4_096;

/// Some rows of a part.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Features, one row after another.
    pub(crate) rows: Vec<f32>,
    /// Whether each edit was damage.
    pub(crate) labels: Vec<bool>,
    /// Who made each edit.
    pub(crate) user_types: Vec<UserType>,
    /// The wiki of each.
    pub(crate) wikis: Vec<String>,
    /// The revision that each made.
    pub(crate) rev_ids: Vec<i64>,
    /// A hash of the user of each.
    pub(crate) users: Vec<u64>,
}

/// The blocks of a part, in order.
pub(crate) struct Blocks {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
}

pub(super) fn blocks(path: &Path) -> Result<Blocks, LearningError> {
    let file = File::open(path).map_err(LearningError::io("open", path))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.with_batch_size(BLOCK_ROWS).build())
        .map_err(LearningError::parquet(path))?;
    Ok(Blocks {
        path: path.to_owned(),
        reader,
    })
}

impl Iterator for Blocks {
    type Item = Result<Block, LearningError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        let batch = batch.map_err(|error| LearningError::table(&self.path, error));
        let wrong = || LearningError::table(&self.path, "not a data set of this version");
        Some(batch.and_then(|batch| block(&batch).ok_or_else(wrong)))
    }
}

fn block(batch: &RecordBatch) -> Option<Block> {
    let count = batch.num_rows();
    let mut rows = vec![f32::NAN; count * features::COUNT];
    for (at, name) in features::NAMES.iter().enumerate() {
        let column = batch
            .column_by_name(name)?
            .as_primitive_opt::<Float32Type>()?;
        for (row, value) in rows.chunks_exact_mut(features::COUNT).zip(column.values()) {
            row[at] = *value;
        }
    }
    let labels = batch.column_by_name("label")?.as_boolean_opt()?;
    let wikis = batch.column_by_name("wiki")?.as_string_opt::<i32>()?;
    let kinds = batch.column_by_name("user_type")?.as_string_opt::<i32>()?;
    let users = batch
        .column_by_name("user_hash")?
        .as_primitive_opt::<UInt64Type>()?;
    let rev_ids = batch
        .column_by_name("rev_id")?
        .as_primitive_opt::<Int64Type>()?;
    let kind = |name: &str| UserType::ALL.into_iter().find(|kind| kind.name() == name);
    Some(Block {
        rows,
        labels: labels.values().iter().collect(),
        user_types: (0..count)
            .map(|row| kind(kinds.value(row)))
            .collect::<Option<_>>()?,
        wikis: (0..count).map(|row| wikis.value(row).to_owned()).collect(),
        rev_ids: rev_ids.values().to_vec(),
        users: users.values().to_vec(),
    })
    .filter(|_| labels.null_count() == 0)
}
