//! The embedded key-value store under the log (fjall), set up for small memory and one journal.
//! The only module that names the store's types; what its keys mean is the log's business.

use super::error::LogError;
use super::format::{Header, base_of, batch_key, header};
use super::manifest::LogManifest;
use super::preflight;
use fjall::PersistMode;
use fjall::config::CompressionPolicy;
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wikisentry_core::topic::Topic;

/// No text is spelt like this, so no caller's key can be.
const MANIFEST_KEY: [u8; 1] = [0xff];

/// The store's files, apart from the log's own.
const FOLDER: &str = "store";

const CACHE_BYTES: u64 = 4 << 20;
const BATCHES_MEMTABLE: u64 = 4 << 20;
const STATE_MEMTABLE: u64 = 1 << 20;
/// Files that stay open; the log of a gigabyte has hundreds.
const CACHED_FILES: usize = 64;
/// The least that the store allows; also what is replayed at most when it is opened.
const JOURNAL_BYTES: u64 = 64 << 20;
/// Values from here on are written once, not again at each compaction.
const SEPARATED_FROM: u32 = 8 << 10;
/// Dropped records leave the disk when their file is stale; smaller files go sooner.
const BLOB_FILE_BYTES: u64 = 32 << 20;
/// The store itself halts writers at 4 and 30, deaf to errors; the log waits before that.
const MEMTABLES_WAITING: usize = 2;
const TABLES_WAITING: usize = 20;

/// With less room than this, in bytes, opening may have failed for want of it.
const LITTLE_ROOM: u64 = 4 << 20;

/// Whether the disk has hardly any room left, as far as the system says.
fn is_nearly_full(dir: &Path) -> bool {
    rustix::fs::statvfs(dir).is_ok_and(|disk| disk.f_bavail * disk.f_frsize < LITTLE_ROOM)
}

pub(super) struct Store {
    dir: PathBuf,
    database: Database,
    batches: Keyspace,
    state: Keyspace,
}

/// What one commit writes.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) batches: Vec<(Topic, u64, Vec<u8>)>,
    pub(super) dropped: Vec<(Topic, u64)>,
    pub(super) state: BTreeMap<String, Option<Vec<u8>>>,
}

impl Store {
    /// Opens or creates the store below `dir`, reads the manifest and holds it against the
    /// batches that are there.
    pub(super) fn open(dir: &Path) -> Result<(Self, LogManifest), LogError> {
        let damage = preflight::damage(&dir.join(FOLDER))
            .map_err(|error| LogError::from_store(dir, "open", None, error.into()))?;
        if let Some(why) = damage {
            return Err(LogError::corrupt(dir, None, why));
        }
        let opened = std::panic::catch_unwind(AssertUnwindSafe(|| Self::open_files(dir)));
        let store = match opened {
            Ok(store) => store.map_err(|error| LogError::from_store(dir, "open", None, error))?,
            // It asserts that it can write, too.
            Err(_) if is_nearly_full(dir) => {
                let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
                return Err(LogError::from_store(dir, "open", None, full.into()));
            }
            // The store asserts some of what it finds in damaged files.
            Err(_) => return Err(LogError::corrupt(dir, None, "the store gave up opening it")),
        };
        let manifest = store.manifest()?;
        for topic in Topic::ALL {
            store.check_extent(topic, &manifest)?;
        }
        Ok((store, manifest))
    }

    fn open_files(dir: &Path) -> fjall::Result<Self> {
        let database = Database::builder(dir.join(FOLDER))
            .cache_size(CACHE_BYTES)
            .journal_compression(CompressionType::None)
            .max_journaling_size(JOURNAL_BYTES)
            .manual_journal_persist(true)
            .max_cached_files(Some(CACHED_FILES))
            .worker_threads(1)
            .open()?;
        let batches = database.keyspace("batches", || {
            KeyspaceCreateOptions::default()
                .max_memtable_size(BATCHES_MEMTABLE)
                .manual_journal_persist(true)
                .data_block_compression_policy(CompressionPolicy::disabled())
                .with_kv_separation(Some(
                    KvSeparationOptions::default()
                        .compression(CompressionType::None)
                        .file_target_size(BLOB_FILE_BYTES)
                        .separation_threshold(SEPARATED_FROM),
                ))
        })?;
        let state = database.keyspace("state", || {
            KeyspaceCreateOptions::default()
                .max_memtable_size(STATE_MEMTABLE)
                .manual_journal_persist(true)
        })?;
        Ok(Self {
            dir: dir.to_owned(),
            database,
            batches,
            state,
        })
    }

    fn manifest(&self) -> Result<LogManifest, LogError> {
        match self.state.get(MANIFEST_KEY) {
            Ok(Some(bytes)) => LogManifest::decode(&bytes)
                .ok_or_else(|| self.corrupt(None, "its manifest is unreadable")),
            Ok(None) => Ok(LogManifest::default()),
            Err(error) => Err(self.failed("read", None, error)),
        }
    }

    /// Commits and the batches they brought are damaged apart; an end that does not meet shows it.
    fn check_extent(&self, topic: Topic, manifest: &LogManifest) -> Result<(), LogError> {
        let extent = &manifest[topic];
        let first = self.sizes(topic, 0, 1)?.first().map(|(base, _)| *base);
        let expected = (extent.first < extent.next).then_some(extent.first);
        if first != expected {
            let why = format!("the first batch is at {first:?}, the manifest says {expected:?}");
            return Err(self.corrupt(Some((topic, extent.first)), why));
        }
        let end = match self.floor(topic, u64::MAX)? {
            Some((base, value)) => self.header(topic, base, &value)?.next(),
            None => extent.next,
        };
        if end != extent.next {
            let why = format!("batches end at {end}, the manifest says {}", extent.next);
            return Err(self.corrupt(Some((topic, end)), why));
        }
        Ok(())
    }

    /// Writes all changes and the manifest, or none; the operating system has them on return.
    pub(super) fn commit(&self, changes: &Changes, manifest: &LogManifest) -> Result<(), LogError> {
        let mut batch = self.database.batch().durability(Some(PersistMode::Buffer));
        for (topic, base, value) in &changes.batches {
            batch.insert(&self.batches, batch_key(*topic, *base), value.as_slice());
        }
        for (topic, base) in &changes.dropped {
            batch.remove(&self.batches, batch_key(*topic, *base));
        }
        for (key, value) in &changes.state {
            match value {
                Some(value) => batch.insert(&self.state, key.as_bytes(), value.as_slice()),
                None => batch.remove(&self.state, key.as_bytes()),
            }
        }
        batch.insert(&self.state, MANIFEST_KEY, manifest.encode());
        let outcome = self.wait_for_room().and_then(|()| batch.commit());
        outcome.map_err(|error| self.failed("write to", None, error))
    }

    /// Waits until the background has caught up; an error if it has stopped.
    fn wait_for_room(&self) -> fjall::Result<()> {
        while self.batches.sealed_memtable_count() > MEMTABLES_WAITING
            || self.state.sealed_memtable_count() > MEMTABLES_WAITING
            || self.batches.l0_table_count() > TABLES_WAITING
        {
            self.database.persist(PersistMode::Buffer)?;
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Forces all commits to disk.
    pub(super) fn sync(&self) -> Result<(), LogError> {
        self.database
            .persist(PersistMode::SyncData)
            .map_err(|error| self.failed("sync", None, error))
    }

    /// The batch of `topic` with the greatest base that is not above `offset`.
    pub(super) fn floor(
        &self,
        topic: Topic,
        offset: u64,
    ) -> Result<Option<(u64, fjall::UserValue)>, LogError> {
        let range = batch_key(topic, 0)..=batch_key(topic, offset);
        let Some(guard) = self.batches.range(range).next_back() else {
            return Ok(None);
        };
        let (key, value) = guard
            .into_inner()
            .map_err(|error| self.failed("read", Some((topic, offset)), error))?;
        let malformed = || self.corrupt(Some((topic, offset)), "a batch has a malformed key");
        let base = base_of(&key).ok_or_else(malformed)?;
        Ok(Some((base, value)))
    }

    /// The checked header of the batch at `base`.
    pub(super) fn header(&self, topic: Topic, base: u64, value: &[u8]) -> Result<Header, LogError> {
        header(value, base).map_err(|why| self.corrupt(Some((topic, base)), why))
    }

    /// Base and stored size of up to `limit` batches, from the one at `first` on.
    pub(super) fn sizes(
        &self,
        topic: Topic,
        first: u64,
        limit: usize,
    ) -> Result<Vec<(u64, u64)>, LogError> {
        let failed = |error| self.failed("read", Some((topic, first)), error);
        let range = batch_key(topic, first)..=batch_key(topic, u64::MAX);
        let mut sizes = Vec::new();
        for guard in self.batches.range(range).take(limit) {
            let key = guard.key().map_err(failed)?;
            let size = self.batches.size_of(&key).map_err(failed)?;
            if let (Some(base), Some(size)) = (base_of(&key), size) {
                sizes.push((base, u64::from(size)));
            }
        }
        Ok(sizes)
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LogError> {
        if key.is_empty() {
            return Ok(None);
        }
        let value = self
            .state
            .get(key)
            .map_err(|error| self.failed("read", None, error))?;
        Ok(value.map(|value| value.to_vec()))
    }

    pub(super) fn scan(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, LogError> {
        let mut found = Vec::new();
        for guard in self.state.prefix(prefix) {
            let (key, value) = guard
                .into_inner()
                .map_err(|error| self.failed("read", None, error))?;
            if *key == MANIFEST_KEY {
                continue;
            }
            let key =
                std::str::from_utf8(&key).map_err(|_| self.corrupt(None, "a key is not text"))?;
            found.push((key.to_owned(), value.to_vec()));
        }
        Ok(found)
    }

    fn corrupt(&self, place: Option<(Topic, u64)>, why: impl Display) -> LogError {
        LogError::corrupt(&self.dir, place, why)
    }

    fn failed(
        &self,
        action: &'static str,
        place: Option<(Topic, u64)>,
        error: fjall::Error,
    ) -> LogError {
        LogError::from_store(&self.dir, action, place, error)
    }
}
