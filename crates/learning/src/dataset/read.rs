//! Reads the rows of one part back, a block at a time.

use super::sampling::Kept;
use super::text::{TEXT_OF_CHAMPION, TEXT_OF_REFIT, TextOf};
use crate::error::LearningError;
use arrow_array::{
    Array, BooleanArray, Float32Array, Int64Array, RecordBatch, StringArray, UInt64Array,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::path::PathBuf;
use wikisentry_core::features;
use wikisentry_core::user::UserType;
use wikisentry_lake::label_table::revision_key;
use wikisentry_lake::table::column;

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
    /// `text_risk` by the weights of the trial, the refit and the champion. The trial's are also in
    /// `rows`, until others are asked for.
    texts: [Vec<f32>; 3],
}

impl Block {
    /// The rows with `text_risk` as these weights give it.
    pub(crate) fn with_text(mut self, of: TextOf) -> Self {
        let texts = &self.texts[of as usize];
        let rows = self.rows.chunks_exact_mut(features::COUNT);
        for (row, text) in rows.zip(texts) {
            row[features::TEXT_RISK] = *text;
        }
        self
    }

    /// The block without what is left out, for other reasons than those of the data set. Not all
    /// columns are kept: features and labels are.
    pub(crate) fn thinned(self, kept: Kept, seed: u64) -> Self {
        if kept == Kept::ALL {
            return self;
        }
        let mut thinned = Self::default();
        // Not the seed of the data set: what is left was chosen by that.
        let seed = seed.wrapping_add(1);
        let rows = self.rows.chunks_exact(features::COUNT);
        let named = self.wikis.iter().zip(&self.rev_ids);
        for ((row, label), (wiki, rev_id)) in rows.zip(self.labels).zip(named) {
            if kept.keeps(revision_key(wiki, *rev_id), label, seed) {
                thinned.rows.extend_from_slice(row);
                thinned.labels.push(label);
            }
        }
        thinned
    }
}

/// The blocks of a part, in order.
pub(super) fn blocks(
    path: PathBuf,
) -> Result<impl Iterator<Item = Result<Block, LearningError>>, LearningError> {
    let file = File::open(&path).map_err(LearningError::io("open", &path))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(|builder| builder.with_batch_size(BLOCK_ROWS).build())
        .map_err(LearningError::parquet(&path))?;
    Ok(reader.map(move |batch| {
        let batch = batch.map_err(|error| LearningError::table(&path, error))?;
        let wrong = || LearningError::table(&path, "not a data set of this version");
        block(&batch).ok_or_else(wrong)
    }))
}

fn block(batch: &RecordBatch) -> Option<Block> {
    let count = batch.num_rows();
    let mut rows = vec![f32::NAN; count * features::COUNT];
    for (at, name) in features::NAMES.iter().enumerate() {
        let column: &Float32Array = column(batch, name)?;
        for (row, value) in rows.chunks_exact_mut(features::COUNT).zip(column.values()) {
            row[at] = *value;
        }
    }
    let labels: &BooleanArray = column(batch, "label")?;
    let wikis: &StringArray = column(batch, "wiki")?;
    let kinds: &StringArray = column(batch, "user_type")?;
    let users: &UInt64Array = column(batch, "user_hash")?;
    let rev_ids: &Int64Array = column(batch, "rev_id")?;
    let trial: &Float32Array = column(batch, features::NAMES[features::TEXT_RISK])?;
    let refit: &Float32Array = column(batch, TEXT_OF_REFIT)?;
    let champion: &Float32Array = column(batch, TEXT_OF_CHAMPION)?;
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
        texts: [trial, refit, champion].map(|text| text.values().to_vec()),
    })
    .filter(|_| labels.null_count() == 0)
}
