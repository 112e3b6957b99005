//! The durable local log: topics of records, consumers' offsets and small state in one embedded
//! store, so that one commit is atomic over all of it. It knows nothing of events or consumers.
//!
//! A topic is a sequence of record batches (a compressed run of records under a CRC). Reading is
//! by offset and needs no lock on writers; writers are serialised. All calls block on the disk and
//! belong on blocking threads; [`Log::watch`] serves both worlds.

mod batch;
mod cache;
mod commit;
mod dedupe;
mod error;
mod format;
mod manifest;
mod mark;
mod pinned;
mod preflight;
mod retention;
mod store;
mod transaction;

pub use batch::{Record, RecordBatch, RecordRef};
pub use dedupe::{DedupeWindow, event_id};
pub use error::LogError;
pub use pinned::pin;
pub use retention::RetentionLimits;
pub use transaction::Transaction;

use cache::RecentBatches;
use commit::Writer;
use format::topic_id;
use manifest::LogManifest;
use mark::SyncMark;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use store::Store;
use tokio::sync::watch;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_lake::file::{create_private_folder, first_odd, odd, open_own};

/// How the log is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// Memory for recent batches kept decoded for consumers that keep up, in bytes.
    pub recent_bytes: usize,
}

impl Default for LogOptions {
    /// 8 MiB of recent batches.
    fn default() -> Self {
        Self {
            recent_bytes: 8 << 20,
        }
    }
}

/// The log of one directory. Clones are the same log; the last one dropped closes it.
#[derive(Clone)]
pub struct Log {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    /// `None` only between a refused write and the next successful opening.
    store: RwLock<Option<Store>>,
    writer: Mutex<Writer>,
    /// What readers may see.
    published: Mutex<LogManifest>,
    watchers: [watch::Sender<u64>; Topic::ALL.len()],
    recent: Mutex<RecentBatches>,
    /// Held to the end, also while the store is opened again; the last field to be dropped.
    _lock: File,
}

/// Where a topic begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OffsetRange {
    /// Offset of the oldest record kept.
    pub first: u64,
    /// One past the newest record: the offset that the next one gets.
    pub next: u64,
}

impl Log {
    /// Opens the log in `dir`, creating both as needed.
    ///
    /// # Errors
    /// [`LogError::Locked`] if the log is open elsewhere; [`LogError::Corrupt`] if what is stored
    /// does not fit together, or commits that [`sync`](Self::sync) had made safe are missing;
    /// [`LogError::Io`] if the machine refuses.
    pub fn open(dir: &Path, options: LogOptions) -> Result<Self, LogError> {
        create_private_folder(dir).map_err(|source| LogError::io(dir, "open", source))?;
        let lock = exclusive(dir)?;
        no_links(dir)?;
        let (store, manifest) = Store::open(dir)?;
        let mark = SyncMark::open(dir)?;
        if mark.commit() > manifest.commit {
            let why = format!(
                "commit {} was safely on disk, {} is the last that is left",
                mark.commit(),
                manifest.commit
            );
            return Err(LogError::corrupt(dir, None, why));
        }
        let watchers = Topic::ALL.map(|topic| watch::Sender::new(manifest[topic].next));
        Ok(Self {
            inner: Arc::new(Inner {
                dir: dir.to_owned(),
                _lock: lock,
                store: RwLock::new(Some(store)),
                writer: Mutex::new(Writer {
                    manifest,
                    mark,
                    broken: false,
                    pending: None,
                    settled: Vec::new(),
                }),
                published: Mutex::new(manifest),
                watchers,
                recent: Mutex::new(RecentBatches::new(options.recent_bytes)),
            }),
        })
    }

    /// Where `topic` begins and ends now.
    pub fn bounds(&self, topic: Topic) -> OffsetRange {
        let extent = self.published()[topic];
        OffsetRange {
            first: extent.first,
            next: extent.next,
        }
    }

    /// The stored batch that holds offset `from`, or the first one kept if `from` is older;
    /// `None` at the end. The batch may begin before `from`: see [`RecordBatch::iter_from`].
    ///
    /// # Errors
    /// [`LogError::Corrupt`] if the batch is damaged or missing; [`LogError::Io`].
    pub fn read(&self, topic: Topic, from: u64) -> Result<Option<Arc<RecordBatch>>, LogError> {
        loop {
            let bounds = self.bounds(topic);
            let at = from.max(bounds.first);
            if at >= bounds.next {
                return Ok(None);
            }
            if let Some(batch) = lock(&self.inner.recent).get(topic, at) {
                return Ok(Some(batch));
            }
            if let Some((base, value)) = self.with_store(|store| store.floor(topic, at))? {
                let run = format::decode(&value, base)
                    .map_err(|why| self.damaged(Some((topic, base)), why))?;
                let batch = RecordBatch::new(topic, base, Arc::new(run));
                if at < batch.next_offset() {
                    return Ok(Some(Arc::new(batch)));
                }
            }
            if self.bounds(topic).first <= at {
                return Err(self.damaged(Some((topic, at)), "no batch holds this offset"));
            }
            // It was trimmed away between the two looks: try again.
        }
    }

    /// The first offset whose record was appended at `time` or later; the end if none was. Where
    /// the clock was set back, this is still the first such record in order of offset.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn offset_at(&self, topic: Topic, time: EventTime) -> Result<u64, LogError> {
        let bounds = self.bounds(topic);
        let (mut low, mut high) = (bounds.first, bounds.next);
        // Latest-so-far never falls, so the first batch that reaches `time` can be bisected.
        while low < high {
            let middle = low + (high - low) / 2;
            let Some((base, value)) = self.with_store(|store| store.floor(topic, middle))? else {
                low = self.bounds(topic).first.max(middle + 1);
                continue;
            };
            let header = self.with_store(|store| store.header(topic, base, &value))?;
            if header.max_before.max(header.max_time) >= time {
                high = base;
            } else {
                low = header.next().max(middle + 1);
            }
        }
        let Some(batch) = self.read(topic, low)? else {
            return Ok(bounds.next);
        };
        let reached = batch.iter().find(|record| record.timestamp >= time);
        Ok(reached
            .map_or(low, |record| record.offset)
            .max(self.bounds(topic).first))
    }

    /// A small value, as last committed.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] if it is damaged; [`LogError::Io`].
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LogError> {
        self.with_store(|store| store.get(key))
    }

    /// A small value that was put as JSON.
    ///
    /// # Errors
    /// As [`get`](Self::get), and [`LogError::Corrupt`] if it is not such a value.
    pub fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, LogError> {
        let value = self.get(key)?;
        value.map(|bytes| self.read_json(key, &bytes)).transpose()
    }

    fn read_json<T: DeserializeOwned>(&self, key: &str, bytes: &[u8]) -> Result<T, LogError> {
        serde_json::from_slice(bytes)
            .map_err(|error| self.damaged(None, format!("the value of `{key}`: {error}")))
    }

    /// All values whose key starts with `prefix` that were put as JSON, in order of key.
    ///
    /// # Errors
    /// As [`get_json`](Self::get_json).
    pub fn scan_json<T: DeserializeOwned>(
        &self,
        prefix: &str,
    ) -> Result<Vec<(String, T)>, LogError> {
        let values = self.scan(prefix)?.into_iter();
        let read = |(key, bytes): (String, Vec<u8>)| {
            let value = self.read_json(&key, &bytes)?;
            Ok((key, value))
        };
        values.map(read).collect()
    }

    /// All small values whose key starts with `prefix`, in order of key.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn scan(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, LogError> {
        self.with_store(|store| store.scan(prefix))
    }

    /// Follows the end of `topic`: the value is [`OffsetRange::next`], changed at every append.
    pub fn watch(&self, topic: Topic) -> watch::Receiver<u64> {
        self.inner.watchers[usize::from(topic_id(topic)) - 1].subscribe()
    }

    /// Bytes of a topic's batches as stored, compressed.
    pub fn stored_bytes(&self, topic: Topic) -> u64 {
        self.published()[topic].bytes
    }

    /// Bytes that the log's files take on disk. Walks the log's directory: for `status`, not for
    /// every record.
    pub fn disk_bytes(&self) -> u64 {
        disk_bytes(&self.inner.dir)
    }

    fn damaged(&self, place: Option<(Topic, u64)>, why: impl Display) -> LogError {
        LogError::corrupt(&self.inner.dir, place, why)
    }

    fn published(&self) -> LogManifest {
        *lock(&self.inner.published)
    }

    fn with_store<T>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let store = self.inner.store.read();
        match &*store.unwrap_or_else(PoisonError::into_inner) {
            Some(store) => work(store),
            None => {
                let refused = std::io::Error::other("it could not be opened again yet");
                Err(LogError::io(&self.inner.dir, "read", refused))
            }
        }
    }
}

/// Refuses a log with something in it that is neither a file nor a folder: what is behind a link is
/// somebody else's, and a pipe would be waited for.
fn no_links(dir: &Path) -> Result<(), LogError> {
    let found = first_odd(dir).map_err(|source| LogError::io(dir, "open", source))?;
    found.map_or(Ok(()), |found| {
        Err(LogError::io(&found, "open", odd(&found)))
    })
}

/// The file whose lock says that the log is in use; the system frees it when the process dies.
fn exclusive(dir: &Path) -> Result<File, LogError> {
    let path = dir.join("lock");
    let failed = |source| LogError::io(&path, "open", source);
    let mut options = OpenOptions::new();
    let file = open_own(&path, options.write(true).create(true)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LogError::Locked {
            path: dir.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// A lock whose holder panicked is taken over: all state behind it is replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes allocated below `dir`; what vanishes or cannot be read while looking counts nothing.
fn disk_bytes(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
        .map(|(path, data)| {
            if data.is_dir() {
                disk_bytes(&path)
            } else {
                data.blocks() * 512
            }
        })
        .sum()
}
