//! One Parquet file of the lake's edits: its name, how it is opened and written, what it replaced.

use super::schema::{MERGED_KEY, lake_schema, writer_properties};
use crate::error::LakeError;
use crate::storage::{Key, Storage, Upload};
use arrow_array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::errors::ParquetError;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Rows that are in memory at a time.
const BATCH_ROWS: usize = 8_192;

/// Rows of a file. All of Wikimedia makes some 50,000 edits an hour, and a recording holds two million
/// events; a merged file never has more.
pub(super) const MOST_ROWS: u64 = 1 << 21;
/// Bytes of a row group, unpacked: it ends at 131,072 rows, or 16 MiB encoded.
const MOST_GROUP_BYTES: u64 = 1 << 30;

/// A file that is open for reading, its footer read.
pub(crate) type Opened = ParquetRecordBatchReaderBuilder<File>;

/// How the names of files end whose schema is of this version: of version 1 there is only `.parquet`.
pub const FILE_SUFFIX: &str = "-v2.parquet";

/// Name of a file in the lake. Names sort by offset.
pub(super) fn name(first_offset: u64, last_offset: u64, nonce: u64) -> String {
    format!("part-{first_offset:020}-{last_offset:020}-{nonce:016x}{FILE_SUFFIX}")
}

/// Whether a file has the schema of this version, by its name; one of the version before may have it,
/// too.
pub(super) fn is_of_this_version(name: &str) -> bool {
    name.ends_with(FILE_SUFFIX)
}

/// The offsets in the name of a file of the archiver; `None` for other files.
pub(super) fn offsets(name: &str) -> Option<(u64, u64)> {
    let parts = name.strip_prefix("part-")?.strip_suffix(".parquet")?;
    let (first, rest) = parts.split_once('-')?;
    let (last, _nonce) = rest.split_once('-')?;
    let offset = |digits: &str| (digits.len() == 20).then(|| digits.parse().ok())?;
    Some((offset(first)?, offset(last)?))
}

/// Whether Flink wrote a file, by its name: `part-UUID-N-v2.parquet`.
pub(super) fn is_of_flink(name: &str) -> bool {
    let parts = name.strip_prefix("part-");
    let Some(parts) = parts.and_then(|parts| parts.strip_suffix(FILE_SUFFIX)) else {
        return false;
    };
    let Some((uuid, number)) = parts.rsplit_once('-') else {
        return false;
    };
    let lengths = uuid.split('-').map(str::len);
    let is_hex = |byte: u8| byte == b'-' || byte.is_ascii_hexdigit();
    lengths.eq([8, 4, 4, 4, 12])
        && uuid.bytes().all(is_hex)
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// What the name of a file begins with that a compaction made in an object store.
const MERGED_PREFIX: &str = "part-merged-";

/// Name of a file that replaces others in an object store.
pub(super) fn merged_name(nonce: u64) -> String {
    format!("{MERGED_PREFIX}{nonce:016x}{FILE_SUFFIX}")
}

/// Whether a file is one of these, by its name.
pub(super) fn is_merged(name: &str) -> bool {
    let nonce = name.strip_prefix(MERGED_PREFIX);
    let nonce = nonce.and_then(|nonce| nonce.strip_suffix(FILE_SUFFIX));
    nonce.is_some_and(|nonce| nonce.len() == 16 && nonce.bytes().all(|it| it.is_ascii_hexdigit()))
}

pub(super) fn open(storage: &Storage, key: &Key) -> Result<Opened, LakeError> {
    let file = storage.open(key)?;
    let path = storage.path(key);
    let opened = Opened::try_new(file).map_err(LakeError::reading(&path))?;
    check_size(&opened, &path)?;
    Ok(opened)
}

/// Refuses a file with more rows, or more bytes in a row group, than any that this program writes: a
/// file of some megabytes can unpack to very many equal rows.
pub(crate) fn check_size(opened: &Opened, path: &Path) -> Result<(), LakeError> {
    let groups = opened.metadata().row_groups().iter();
    let bytes = groups.map(|group| group.total_byte_size().unsigned_abs());
    let (rows, bytes) = (rows(opened), bytes.max().unwrap_or(0));
    for (unit, found, most) in [
        ("rows", rows, MOST_ROWS),
        ("bytes in a row group", bytes, MOST_GROUP_BYTES),
    ] {
        if found > most {
            let path = path.to_owned();
            return Err(LakeError::TooLarge {
                path,
                unit,
                found,
                most,
            });
        }
    }
    Ok(())
}

/// Rows of a file, as its row groups say.
pub(super) fn rows(opened: &Opened) -> u64 {
    let groups = opened.metadata().row_groups().iter();
    groups.map(|group| group.num_rows().unsigned_abs()).sum()
}

/// Some columns of a file, some thousand rows at a time; `path` is for messages.
pub(super) fn batches(
    opened: Opened,
    columns: &[&str],
    path: PathBuf,
) -> Result<impl Iterator<Item = Result<RecordBatch, LakeError>> + use<>, LakeError> {
    let mask = ProjectionMask::columns(opened.parquet_schema(), columns.iter().copied());
    let reader = opened
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(LakeError::reading(&path))?;
    Ok(reader.map(move |batch| batch.map_err(|error| LakeError::reading(&path)(error.into()))))
}

/// The names of the files that a file replaced; empty unless it was compacted.
pub(super) fn merged_names(storage: &Storage, key: &Key) -> Result<Vec<String>, LakeError> {
    merged_of(&open(storage, key)?, &storage.path(key))
}

/// The same of a file that is open; `path` is for messages.
pub(super) fn merged_of(opened: &Opened, path: &Path) -> Result<Vec<String>, LakeError> {
    let pairs = opened.metadata().file_metadata().key_value_metadata();
    let value = pairs
        .into_iter()
        .flatten()
        .find(|pair| pair.key == MERGED_KEY)
        .and_then(|pair| pair.value.as_deref());
    value.map_or(Ok(Vec::new()), |json| {
        serde_json::from_str(json).map_err(|error| {
            let detail = format!("{MERGED_KEY}: {error}");
            LakeError::reading(path)(ParquetError::General(detail))
        })
    })
}

/// Starts a file that replaces the files named in `merged`.
pub(super) fn create(
    storage: &Storage,
    key: &Key,
    merged: &[String],
) -> Result<ArrowWriter<Upload>, LakeError> {
    let upload = storage.create(key)?;
    ArrowWriter::try_new(upload, lake_schema(), Some(writer_properties(merged)))
        .map_err(LakeError::writing(&storage.path(key)))
}

/// Completes a file and returns its size in bytes. Its folder is not forced to disk yet.
pub(super) fn finish(
    writer: ArrowWriter<Upload>,
    storage: &Storage,
    key: &Key,
) -> Result<u64, LakeError> {
    let upload = writer
        .into_inner()
        .map_err(LakeError::writing(&storage.path(key)))?;
    Ok(upload.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLINK: &str = "part-4f1b2c3d-0a1b-4c2d-8e3f-0123456789ab-17-v2.parquet";

    #[test]
    fn a_name_says_what_wrote_the_file() {
        let of_the_archiver = name(3, 8, 0xab);
        assert_eq!(offsets(&of_the_archiver), Some((3, 8)));
        assert!(!is_of_flink(&of_the_archiver) && !is_merged(&of_the_archiver));
        let merged = merged_name(0xab);
        assert_eq!(merged, "part-merged-00000000000000ab-v2.parquet");
        assert!(is_merged(&merged) && !is_of_flink(&merged));
        // A UUID without letters is no pair of offsets.
        let digits = "part-12345678-1234-4234-8234-123456789012-0-v2.parquet";
        for flink in [FLINK, digits] {
            assert!(is_of_flink(flink) && !is_merged(flink), "{flink}");
            assert_eq!(offsets(flink), None, "{flink}");
        }
        assert_eq!(offsets(&merged), None);
    }

    #[test]
    fn other_names_are_nobodys() {
        for name in [
            "part-x.parquet",
            "part-0.parquet",
            "part-4f1b2c3d-0a1b-4c2d-8e3f-0123456789ab-v2.parquet",
            "part-4f1b2c3d-0a1b-4c2d-8e3f-0123456789ag-1-v2.parquet",
            "part-4f1b2c3d-0a1b-4c2d-8e3f-0123456789ab-1.parquet",
            "part-merged-ab-v2.parquet",
            "part-merged-00000000000000ag-v2.parquet",
            "part-merged-00000000000000ab.parquet",
            "flink-00000000000000ab-v2.parquet",
            "",
        ] {
            assert!(!is_of_flink(name) && !is_merged(name), "{name}");
            assert_eq!(offsets(name), None, "{name}");
        }
    }
}
