//! Which files of an hour readers go by while it is compacted. In a folder the hour is exchanged as a
//! whole. In an object store the merged file is there a moment before those it replaces are gone: it
//! names them, and a file that another names is not read.

use super::lake::{Lake, folder};
use super::parquet_file::{is_merged, merged_names};
use super::partition::Partition;
use crate::error::LakeError;
use crate::storage::{Key, Storage};
use std::collections::BTreeSet;
use std::io;

/// A partition that is compacted while it is read is read again so many times.
const ATTEMPTS: usize = 10;

impl Lake {
    /// Does `read` with the files of a partition, and again if a compaction replaced them meanwhile.
    pub(super) fn with_files<T>(
        &self,
        partition: Partition,
        mut read: impl FnMut(&[Key]) -> Result<T, LakeError>,
    ) -> Result<T, LakeError> {
        let mut attempt = 1;
        loop {
            let (outcome, is_replaced) = match self.storage().folder() {
                Some(local) => {
                    let identity = || local.identity(&folder(partition));
                    let before = identity()?;
                    let outcome = read(&self.partition_files(partition)?);
                    // A folder that loses its files is listed without them, and nothing else tells.
                    let is_replaced = outcome.is_ok() && identity()? != before;
                    (outcome, is_replaced)
                }
                None => {
                    let listed = self.partition_files(partition)?;
                    let live = live(self.storage(), &listed);
                    let outcome = live.and_then(|live| read(&live));
                    let after = outcome.is_ok().then(|| self.partition_files(partition));
                    let is_replaced = after
                        .transpose()?
                        .is_some_and(|after| is_other(&listed, &after));
                    (outcome, is_replaced)
                }
            };
            let is_gone = outcome.as_ref().is_err_and(LakeError::is_not_found);
            if !(is_replaced || is_gone) {
                return outcome;
            }
            if attempt == ATTEMPTS {
                let path = self.storage().path(&folder(partition));
                let again = || io::Error::other("it was compacted each time that it was read");
                return outcome.and_then(|_| Err(LakeError::io("read", &path)(again())));
            }
            attempt += 1;
        }
    }
}

/// The files of an hour of a store that no other file of it replaces.
fn live(storage: &Storage, listed: &[Key]) -> Result<Vec<Key>, LakeError> {
    let replaced = replaced(storage, listed)?;
    let is_live = |key: &&Key| key.filename().is_none_or(|name| !replaced.contains(name));
    Ok(listed.iter().filter(is_live).cloned().collect())
}

/// The names that files of an hour of a store replace, whether there is such a file or not.
pub(super) fn replaced(storage: &Storage, listed: &[Key]) -> Result<BTreeSet<String>, LakeError> {
    let mut replaced = BTreeSet::new();
    if listed.len() > 1 {
        for key in listed.iter().filter(|key| is_of_compaction(key)) {
            replaced.extend(merged_names(storage, key)?);
        }
    }
    Ok(replaced)
}

/// Whether a compaction changed an hour of a store between two listings. Files that were only added are
/// Flink's. One listing need not be of one moment: what it lacks though nobody removed it was merged
/// into a file that the other has.
fn is_other(before: &[Key], after: &[Key]) -> bool {
    let before: BTreeSet<&Key> = before.iter().collect();
    let all: BTreeSet<&Key> = after.iter().collect();
    let mut added = all.difference(&before);
    !before.is_subset(&all) || added.any(|key| is_of_compaction(key))
}

fn is_of_compaction(key: &Key) -> bool {
    key.filename().is_some_and(is_merged)
}
