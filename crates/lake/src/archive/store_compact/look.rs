//! Which hours have small files that may be merged, as one listing of the lake tells.

use super::{StoreCompactor, claim};
use crate::archive::lake::{edits, folder};
use crate::archive::live::replaced;
use crate::archive::parquet_file::{is_merged, is_of_flink, offsets};
use crate::archive::partition::Partition;
use crate::error::LakeError;
use crate::storage::{Key, Listed};
use std::collections::BTreeMap;

/// Files of more bytes are not small.
const SMALL: u64 = 32 << 20;
/// Of files that are merged at a time: they are in memory together, encoded.
const MOST_BYTES: u64 = 64 << 20;
const MOST_FILES: usize = 512;

/// What a compaction has to do.
#[derive(Debug)]
pub struct Look {
    /// The hours with too many small files, the oldest first.
    pub hours: Vec<Due>,
    /// Files of edits in the lake.
    pub files: usize,
    /// The hour of a compaction that was begun and not ended, or is under way.
    pub unfinished: Option<Partition>,
}

/// An hour with too many small files.
#[derive(Debug, Clone)]
pub struct Due {
    pub partition: Partition,
    /// Those that become one.
    pub files: usize,
    /// What these take in the store.
    pub bytes: u64,
    /// Files that were written until then, by the store's clock, may be replaced.
    settled: i64,
}

/// Files of an hour, chosen from a listing.
pub(super) struct Chosen {
    /// In the order in which they were written.
    pub(super) files: Vec<Key>,
    pub(super) bytes: u64,
    /// What other files of the hour replace and was not removed yet.
    pub(super) replaced: Vec<Key>,
}

impl StoreCompactor {
    /// Lists the lake; changes nothing.
    ///
    /// # Errors
    /// If the store fails.
    pub fn look(&self) -> Result<Look, LakeError> {
        let unfinished = claim::read(self.storage())?.claim;
        let mut hours: BTreeMap<Partition, Vec<Listed>> = BTreeMap::new();
        for object in self.bucket().listed(&edits())? {
            if let Some(partition) = hour_of(&object.key) {
                hours.entry(partition).or_default().push(object);
            }
        }
        let files = hours.values().map(Vec::len).sum();
        let flinks = hours
            .values()
            .flatten()
            .filter(|file| is(file, is_of_flink));
        let newest = flinks.map(|file| file.written).max();
        // Where Flink has written nothing, nobody can tell.
        let settled = newest.map_or(i64::MIN, |newest| {
            newest - self.settled_after.as_millis() as i64
        });
        let due = hours.into_iter().filter_map(|(partition, files)| {
            let ours = files
                .iter()
                .filter(|file| is(file, is_merged) && file.bytes < SMALL);
            let may_be_replaced = ours.count() > 1;
            let small = select(files, partition, settled)?;
            let is_due = small.len() > self.max_files || may_be_replaced;
            is_due.then(|| Due {
                partition,
                files: small.len(),
                bytes: small.iter().map(|file| file.bytes).sum(),
                settled,
            })
        });
        Ok(Look {
            hours: due.collect(),
            files,
            unfinished: unfinished.map(|claim| claim.partition),
        })
    }

    /// Chooses from the hour as it is now.
    pub(super) fn choose(&self, due: &Due) -> Result<Chosen, LakeError> {
        let mut listed = self.bucket().listed(&folder(due.partition))?;
        let keys: Vec<Key> = listed.iter().map(|file| file.key.clone()).collect();
        let names = replaced(self.storage(), &keys)?;
        let is_replaced = |key: &Key| key.filename().is_some_and(|name| names.contains(name));
        listed.retain(|file| !is_replaced(&file.key));
        let small = select(listed, due.partition, due.settled).unwrap_or_default();
        Ok(Chosen {
            bytes: small.iter().map(|file| file.bytes).sum(),
            files: small.into_iter().map(|file| file.key).collect(),
            replaced: keys.into_iter().filter(is_replaced).collect(),
        })
    }
}

/// The small files of an hour that may be merged now, the first written first, as many as may be at a
/// time; `None` if the hour is not over, or holds what others have written.
fn select(mut files: Vec<Listed>, partition: Partition, settled: i64) -> Option<Vec<Listed>> {
    let is_known = |name: &str| is_merged(name) || is_of_flink(name) || offsets(name).is_some();
    if partition.end_millis() > settled || !files.iter().all(|file| is(file, is_known)) {
        return None;
    }
    files.retain(|file| file.bytes < SMALL && (is(file, is_merged) || file.written <= settled));
    files.sort_by(|one, other| (one.written, &one.key).cmp(&(other.written, &other.key)));
    let mut bytes = 0;
    let fitting = files.iter().take(MOST_FILES).take_while(|file| {
        bytes += file.bytes;
        bytes <= MOST_BYTES
    });
    let fitting = fitting.count();
    files.truncate(fitting);
    Some(files)
}

/// Whether the name of a file is so.
fn is(file: &Listed, is_so: impl Fn(&str) -> bool) -> bool {
    file.key.filename().is_some_and(is_so)
}

/// The hour that an object lies in.
fn hour_of(key: &Key) -> Option<Partition> {
    let (folder, _) = key.as_ref().strip_prefix("edits/")?.rsplit_once('/')?;
    Partition::parse_path(folder)
}
