//! One file made of several, in memory.

use super::super::copy::copy_rows;
use super::super::parquet_file::MOST_ROWS;
use super::super::schema::{MERGED_KEY, lake_schema, writer_properties};
use super::{Compaction, Partition, merged_of, parquet_file};
use crate::error::LakeError;
use crate::storage::{Key, Storage};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use std::collections::BTreeSet;
use std::path::Path;

/// A merged file that nobody sees yet.
pub(super) struct Merged {
    pub(super) bytes: Vec<u8>,
    /// The names of the files whose rows it has.
    pub(super) inputs: Vec<String>,
    rows: u64,
}

impl Merged {
    /// The rows of the first of these files, in their order, up to as many as a file may have. It
    /// names, as what it replaces, the files, what they replaced, and `names`.
    pub(super) fn of(
        storage: &Storage,
        files: &[Key],
        names: &[String],
    ) -> Result<Self, LakeError> {
        let target = Path::new("(a merged file)");
        let wrong = LakeError::writing(target);
        let writer = ArrowWriter::try_new(Vec::new(), lake_schema(), Some(writer_properties(&[])));
        let mut writer = writer.map_err(&wrong)?;
        let mut replaced: BTreeSet<String> = names.iter().cloned().collect();
        let (mut inputs, mut rows) = (Vec::new(), 0);
        for key in files {
            let opened = parquet_file::open(storage, key)?;
            if rows + parquet_file::rows(&opened) > MOST_ROWS {
                break;
            }
            let path = storage.path(key);
            replaced.extend(merged_of(&opened, &path)?);
            rows += copy_rows(opened, &path, &mut writer, target)?;
            inputs.extend(key.filename().map(str::to_owned));
        }
        replaced.extend(inputs.iter().cloned());
        let replaced: Vec<String> = replaced.into_iter().collect();
        let json = serde_json::Value::from(replaced).to_string();
        writer.append_key_value_metadata(KeyValue::new(MERGED_KEY.to_owned(), json));
        let bytes = writer.into_inner().map_err(wrong)?;
        Ok(Self {
            bytes,
            inputs,
            rows,
        })
    }

    /// What was done with it, in an hour and of files of so many bytes.
    pub(super) fn compaction(&self, partition: Partition, bytes_before: u64) -> Compaction {
        Compaction {
            partition,
            files: self.inputs.len(),
            rows: self.rows,
            bytes_before,
            bytes_after: self.bytes.len() as u64,
        }
    }
}
