//! Which hour of the lake is compacted next: the oldest closed one with too many files, or with one of
//! the schema before.

use super::lake::Lake;
use super::parquet_file::is_of_this_version;
use super::partition::Partition;
use crate::clock;
use crate::error::LakeError;
use crate::storage::Key;
use std::collections::BTreeMap;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

/// An hour is closed when edits this much later have come, in milliseconds of stream time.
const GRACE_MILLIS: i64 = 10 * 60 * 1_000;

/// What is known of the lake's hours.
pub(super) struct Candidates {
    files: BTreeMap<Partition, Files>,
    newest: BTreeMap<UserType, i64>,
}

/// What an hour holds.
#[derive(Default)]
struct Files {
    count: usize,
    /// Whether one has the schema of an earlier version.
    is_old: bool,
}

impl Candidates {
    pub(super) fn scan(lake: &Lake) -> Result<Self, LakeError> {
        let mut found = Self {
            files: BTreeMap::new(),
            newest: BTreeMap::new(),
        };
        let now = clock::now().as_millis();
        for partition in lake.partitions()? {
            let files = lake.partition_files(partition)?;
            let is_new = |key: &Key| key.filename().is_some_and(is_of_this_version);
            let files = Files {
                count: files.len(),
                is_old: !files.iter().all(is_new),
            };
            found.files.insert(partition, files);
            // An hour that has not begun holds edits that are dated ahead.
            if partition.start_millis() <= now {
                found.saw(partition.user_type(), partition.start_millis());
            }
        }
        Ok(found)
    }

    /// Records a new file.
    pub(super) fn published(&mut self, partition: Partition, newest: EventTime) {
        self.files.entry(partition).or_default().count += 1;
        self.saw(partition.user_type(), newest.as_millis());
    }

    /// Leaves an hour alone until files are added to it.
    pub(super) fn forget(&mut self, partition: Partition) {
        self.files.remove(&partition);
    }

    fn saw(&mut self, user_type: UserType, millis: i64) {
        let newest = self.newest.entry(user_type).or_insert(millis);
        *newest = millis.max(*newest);
    }

    /// The oldest closed hour with more than `max_files` files, or a file of an earlier version.
    pub(super) fn next(&self, max_files: usize) -> Option<Partition> {
        let closed = |partition: &Partition| {
            let newest = self.newest.get(&partition.user_type());
            newest.is_some_and(|newest| partition.end_millis() + GRACE_MILLIS <= *newest)
        };
        let mut hours = self.files.iter();
        hours
            .find(|(partition, files)| {
                (files.count > max_files.max(1) || files.is_old) && closed(partition)
            })
            .map(|(partition, _)| *partition)
    }
}
