//! What an hour of the lake holds, told by the footers of its files: the same however many files its
//! edits lie in, so that a compaction changes nothing and an edit that is added does.

use super::lake::{Lake, edits};
use super::parquet_file::{self, Opened};
use super::partition::Partition;
use crate::error::LakeError;
use crate::storage::Key;
use parquet::file::statistics::Statistics;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::Xxh3Default;

/// How many edits an hour holds, and the least and greatest of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HourContent {
    rows: i64,
    revisions: Bounds,
    times: Bounds,
}

/// The least and the greatest value of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds(i64, i64);

impl HourContent {
    fn none() -> Self {
        let none = Bounds(i64::MAX, i64::MIN);
        Self {
            rows: 0,
            revisions: none,
            times: none,
        }
    }

    fn add(&mut self, file: &Opened) {
        self.rows += file.metadata().file_metadata().num_rows();
        let groups = file.metadata().row_groups().iter();
        for column in groups.flat_map(|group| group.columns()) {
            let bounds = match column.column_descr().name() {
                "rev_id" => &mut self.revisions,
                "event_time" => &mut self.times,
                _ => continue,
            };
            if let Some(Statistics::Int64(values)) = column.statistics() {
                bounds.0 = bounds.0.min(values.min_opt().copied().unwrap_or(i64::MAX));
                bounds.1 = bounds.1.max(values.max_opt().copied().unwrap_or(i64::MIN));
            }
        }
    }

    /// Adds all of it to a hash.
    pub(crate) fn hash_into(&self, hash: &mut Xxh3Default) {
        let (revisions, times) = (self.revisions, self.times);
        for number in [self.rows, revisions.0, revisions.1, times.0, times.1] {
            hash.update(&number.to_le_bytes());
        }
    }
}

impl Lake {
    /// What an hour holds.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(crate) fn content(&self, partition: Partition) -> Result<HourContent, LakeError> {
        self.with_files(partition, |files| {
            let mut content = HourContent::none();
            for key in files {
                content.add(&parquet_file::open(self.storage(), key)?);
            }
            Ok(content)
        })
    }

    /// Names and sizes in bytes of the files of all hours, without opening one.
    pub(crate) fn sizes(&self) -> Result<BTreeMap<Partition, Vec<(String, u64)>>, LakeError> {
        let mut found: BTreeMap<Partition, Vec<(String, u64)>> = BTreeMap::new();
        for (key, bytes) in self.storage().sizes(&edits())? {
            if let Some((partition, name)) = place(&key) {
                let of_hour = found.entry(partition).or_default();
                of_hour.push((name.to_owned(), bytes));
            }
        }
        for of_hour in found.values_mut() {
            of_hour.sort_unstable();
        }
        Ok(found)
    }
}

/// The hour and the name of a file of edits; `None` for anything else.
fn place(key: &Key) -> Option<(Partition, &str)> {
    let (folder, name) = key.as_ref().strip_prefix("edits/")?.rsplit_once('/')?;
    let partition = Partition::parse_path(folder)?;
    name.ends_with(".parquet").then_some((partition, name))
}
