//! Where the lake's edits are: partitions, files, how much there is. Not a query engine.

use super::parquet_file;
use super::partition::Partition;
use super::read::OpenFile;
use crate::error::LakeError;
use crate::storage::{Key, Storage, entry};
use object_store::ObjectStore;
use parquet::file::statistics::Statistics;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

/// What is archived, in the folder `lake` of the state or in an object store: published edits in
/// `edits`, unpublished work in `.staging`, what labels are made from and labels in `labels`. Cheap
/// to clone.
#[derive(Debug, Clone)]
pub struct Lake {
    storage: Storage,
    /// What the process that writes knows without looking; shared by all clones.
    totals: Arc<Mutex<Option<Totals>>>,
}

/// A file that readers may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeFile {
    /// Where it is; in a store, its key below the prefix.
    pub path: PathBuf,
    /// The hour and user type of its edits.
    pub partition: Partition,
    pub(super) key: Key,
}

/// How much the lake holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Files below `edits`, in all partitions.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

impl Lake {
    /// The lake in the folder `root`, e.g. `$WIKISENTRY_HOME/lake`, which need not exist.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            storage: Storage::in_folder(root),
            totals: Arc::default(),
        }
    }

    /// The lake in an object store such as S3, below a prefix. There small files are merged by a
    /// [`StoreCompactor`](super::StoreCompactor). A store over the network works on the
    /// Tokio runtime that this is called in.
    pub fn on_store(store: Arc<dyn ObjectStore>, prefix: &str) -> Self {
        Self {
            storage: Storage::in_store(store, prefix),
            totals: Arc::default(),
        }
    }

    /// The folder that readers look into.
    pub fn edits(&self) -> PathBuf {
        self.storage.path(&edits())
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Every partition there is, oldest first.
    pub fn partitions(&self) -> Result<Vec<Partition>, LakeError> {
        let mut partitions = Vec::new();
        let names = |folder: &Key| self.storage.names(folder);
        for kind in names(&edits())? {
            let of_kind = edits().join(kind.as_str());
            for date in names(&of_kind)? {
                for hour in names(&of_kind.clone().join(date.as_str()))? {
                    partitions.extend(Partition::parse(&kind, &date, &hour));
                }
            }
        }
        partitions.sort_unstable();
        Ok(partitions)
    }

    /// The files of one partition in the order in which they were written.
    pub(super) fn partition_files(&self, partition: Partition) -> Result<Vec<Key>, LakeError> {
        let folder = folder(partition);
        let names = self.storage.names(&folder)?.into_iter();
        let files = names.filter(|name| name.ends_with(".parquet"));
        Ok(files.filter_map(|name| entry(&folder, &name)).collect())
    }

    /// Every file that may hold edits at or after `since`, oldest hour first.
    pub fn files(&self, since: Option<EventTime>) -> Result<Vec<LakeFile>, LakeError> {
        let mut files = Vec::new();
        for partition in self.partitions()? {
            if since.is_some_and(|since| partition.end_millis() <= since.as_millis()) {
                continue;
            }
            let found = self.with_files(partition, |found| Ok(found.to_vec()))?;
            files.extend(found.into_iter().map(|key| LakeFile {
                path: self.storage.path(&key),
                partition,
                key,
            }));
        }
        Ok(files)
    }

    /// Files and bytes, without opening a file. Where an [`Archive`](super::Archive) writes to this
    /// folder they are known; elsewhere all of it is listed.
    pub fn totals(&self) -> Result<Totals, LakeError> {
        let known = *self.known();
        known.map_or_else(|| self.walk(), Ok)
    }

    /// Looks once, and counts from now on what this process changes.
    pub(super) fn keep_totals(&self) -> Result<(), LakeError> {
        let totals = self.walk()?;
        *self.known() = Some(totals);
        Ok(())
    }

    /// Notes a change of what is counted.
    pub(super) fn count(&self, change: impl FnOnce(&mut Totals)) {
        if let Some(totals) = &mut *self.known() {
            change(totals);
        }
    }

    fn known(&self) -> MutexGuard<'_, Option<Totals>> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn walk(&self) -> Result<Totals, LakeError> {
        let mut totals = Totals::default();
        for (key, bytes) in self.storage.sizes(&edits())? {
            let place = key.as_ref().strip_prefix("edits/");
            let place = place.and_then(|place| place.rsplit_once('/'));
            let is_edits = place.is_some_and(|(folder, name)| {
                name.ends_with(".parquet") && Partition::parse_path(folder).is_some()
            });
            if is_edits {
                totals.files += 1;
                totals.bytes += bytes;
            }
        }
        Ok(totals)
    }

    /// Edits in all files, from their footers.
    pub fn rows(&self) -> Result<u64, LakeError> {
        let mut rows = 0;
        for partition in self.partitions()? {
            rows += self.rows_in(partition)?;
        }
        Ok(rows)
    }

    /// Edits in one partition, from the footers.
    pub fn rows_in(&self, partition: Partition) -> Result<u64, LakeError> {
        self.with_files(partition, |files| {
            let opened = files
                .iter()
                .map(|key| parquet_file::open(&self.storage, key));
            let rows = opened.map(|opened| {
                let rows = opened?.metadata().file_metadata().num_rows();
                Ok(rows.unsigned_abs())
            });
            rows.sum()
        })
    }

    /// Opens all files of a partition, in the order in which they were written. Once they are
    /// open no compaction takes them away: the edits are those of one moment, each once.
    pub fn open_partition(&self, partition: Partition) -> Result<Vec<OpenFile>, LakeError> {
        self.with_files(partition, |files| {
            let opened = files.iter().map(|key| {
                let path = self.storage.path(key);
                Ok(OpenFile::new(path, parquet_file::open(&self.storage, key)?))
            });
            opened.collect()
        })
    }

    /// The latest edit of each user type, from the statistics of its newest hour. Files that hold an
    /// edit of after `until`, by a clock that was ahead, are passed over.
    pub fn latest_event_times(
        &self,
        until: EventTime,
    ) -> Result<BTreeMap<UserType, EventTime>, LakeError> {
        let mut latest = BTreeMap::new();
        for partition in self.partitions()?.into_iter().rev() {
            if latest.contains_key(&partition.user_type()) {
                continue;
            }
            let times = self.with_files(partition, |files| {
                let times = files.iter().map(|key| self.latest_in(key));
                times.collect::<Result<Vec<_>, _>>()
            })?;
            let times = times.into_iter().flatten();
            if let Some(time) = times.filter(|time| *time <= until).max() {
                latest.insert(partition.user_type(), time);
            }
        }
        Ok(latest)
    }

    fn latest_in(&self, key: &Key) -> Result<Option<EventTime>, LakeError> {
        let opened = parquet_file::open(&self.storage, key)?;
        let groups = opened.metadata().row_groups().iter();
        let latest = groups
            .flat_map(|group| group.columns())
            .filter(|column| column.column_descr().name() == "event_time")
            .filter_map(|column| match column.statistics() {
                Some(Statistics::Int64(values)) => values.max_opt().copied(),
                _ => None,
            })
            .max();
        Ok(latest.and_then(EventTime::from_millis))
    }
}

/// The folder of the published edits.
pub(super) fn edits() -> Key {
    Key::from("edits")
}

/// The folder of unfinished work, on the same file system.
pub(super) fn staging() -> Key {
    Key::from(".staging")
}

/// The folder of a partition's published edits.
pub(super) fn folder(partition: Partition) -> Key {
    Key::from(format!("edits/{partition}"))
}
