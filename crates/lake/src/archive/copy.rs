//! The rows of one file, added to another.

use super::parquet_file::Opened;
use super::schema::{check_columns, in_this_version};
use crate::error::LakeError;
use parquet::arrow::ArrowWriter;
use std::io::Write;
use std::path::Path;

/// Rows copied at a time.
const ROWS: usize = 2_048;

/// Copies a file's rows, a few at a time, in the columns of this version; answers how many. The paths
/// are for messages.
pub(super) fn copy_rows<W: Write + Send>(
    opened: Opened,
    path: &Path,
    writer: &mut ArrowWriter<W>,
    target: &Path,
) -> Result<u64, LakeError> {
    check_columns(opened.schema().fields(), path)?;
    let reader = opened.with_batch_size(ROWS).build();
    let mut rows = 0;
    for batch in reader.map_err(LakeError::reading(path))? {
        let batch = batch.map_err(|error| LakeError::reading(path)(error.into()))?;
        rows += batch.num_rows() as u64;
        let batch = in_this_version(&batch)
            .map_err(|error| LakeError::wrong_schema(path, error.to_string()))?;
        writer.write(&batch).map_err(LakeError::writing(target))?;
    }
    Ok(rows)
}
