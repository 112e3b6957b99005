//! Where the registry's files lie: a folder of this machine, or an object store. Whole objects
//! only, put if absent and replaced if unchanged. It knows nothing of models.
//!
//! `object_store` replaces nothing conditionally in a folder, so that is done here, under a lock
//! file. It is async; the registry's callers are not all, so each operation runs on a thread of its
//! own, which costs some 0.1 ms.

use super::RegistryError;
use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutPayload, UpdateVersion};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Held while something in a folder is replaced; empty, and never removed.
const LOCK: &str = ".lock";

/// An object as it was read.
#[derive(Debug)]
pub(super) struct Seen {
    pub bytes: Bytes,
    version: UpdateVersion,
}

/// All objects of one model.
#[derive(Debug, Clone)]
pub(super) enum Objects {
    /// In a folder of this machine, which may not exist yet.
    Folder(PathBuf),
    /// In a store that puts if absent and if a tag matches.
    Store(Arc<dyn ObjectStore>, String),
}

impl Objects {
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self::Folder(folder)
    }

    pub(super) fn in_store(store: Arc<dyn ObjectStore>, name: &str) -> Self {
        let store = PrefixStore::new(store, name);
        Self::Store(Arc::new(store), name.to_owned())
    }

    /// How messages name an object.
    pub(super) fn path(&self, key: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(key),
            Self::Store(_, name) => Path::new(name).join(key),
        }
    }

    /// The whole of an object; `None` if there is none.
    pub(super) fn read(&self, key: &str) -> Result<Option<Seen>, RegistryError> {
        let Some(store) = self.open()? else {
            return Ok(None);
        };
        self.wait(key, read(store.as_ref(), key))
    }

    /// Writes an object unless there is one: `false` then.
    pub(super) fn put_new(&self, key: &str, bytes: &[u8]) -> Result<bool, RegistryError> {
        let store = self.create()?;
        let payload = PutPayload::from(Bytes::copy_from_slice(bytes));
        self.wait(key, put_new(store.as_ref(), key, payload))
    }

    /// Writes an object if it is still as it was seen, which may be absent: `false` otherwise.
    pub(super) fn replace(
        &self,
        key: &str,
        seen: Option<&Seen>,
        bytes: &[u8],
    ) -> Result<bool, RegistryError> {
        let Some(seen) = seen else {
            return self.put_new(key, bytes);
        };
        let store = self.create()?;
        let store = store.as_ref();
        let payload = PutPayload::from(Bytes::copy_from_slice(bytes));
        let Self::Folder(folder) = self else {
            return self.wait(key, put_matching(store, key, &seen.version, payload));
        };
        // Released when it is dropped, or by the system when the process is killed.
        let _lock = lock(folder)?;
        self.wait(key, async {
            // Its bytes, not its tag: that is made of inode, time and size, and files that follow
            // each other within the clock's tick may share all three.
            let now = read(store, key).await?;
            if now.is_none_or(|now| now.bytes != seen.bytes) {
                return Ok(false);
            }
            store.put(&Key::from(key), payload).await.map(|_| true)
        })
    }

    /// Names of the folders below a folder, in no order.
    pub(super) fn folders(&self, key: &str) -> Result<Vec<String>, RegistryError> {
        let Some(store) = self.open()? else {
            return Ok(Vec::new());
        };
        if let Self::Folder(folder) = self
            && !folder.join(key).is_dir()
        {
            return Ok(Vec::new());
        }
        let listed = self.wait(key, async {
            store.list_with_delimiter(Some(&Key::from(key))).await
        })?;
        let names = listed.common_prefixes.iter();
        Ok(names
            .filter_map(|folder| folder.filename().map(str::to_owned))
            .collect())
    }

    /// The store, if its folder is there.
    fn open(&self) -> Result<Option<Arc<dyn ObjectStore>>, RegistryError> {
        match self {
            Self::Folder(folder) if !folder.exists() => Ok(None),
            _ => self.create().map(Some),
        }
    }

    fn create(&self) -> Result<Arc<dyn ObjectStore>, RegistryError> {
        let folder = match self {
            Self::Store(store, _) => return Ok(Arc::clone(store)),
            Self::Folder(folder) => folder,
        };
        fs::create_dir_all(folder).map_err(|error| self.io("", error))?;
        // A version must not be there after a power cut without what it is made of.
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|error| self.store("", error))?
            .with_fsync(true);
        Ok(Arc::new(store))
    }

    /// Runs an operation to its end, from within a runtime or without one.
    fn wait<T: Send>(
        &self,
        key: &str,
        work: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, RegistryError> {
        let outcome = std::thread::scope(|scope| {
            let run = || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                Ok(runtime.block_on(work))
            };
            let thread = std::thread::Builder::new().name("registry".to_owned());
            thread
                .spawn_scoped(scope, run)?
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        outcome
            .map_err(|error: io::Error| self.io(key, error))?
            .map_err(|error| self.store(key, error))
    }

    fn io(&self, key: &str, error: io::Error) -> RegistryError {
        let path = self.path(key);
        RegistryError::Io { path, error }
    }

    fn store(&self, key: &str, error: Error) -> RegistryError {
        let path = self.path(key);
        RegistryError::Store { path, error }
    }
}

fn lock(folder: &Path) -> Result<File, RegistryError> {
    let path = folder.join(LOCK);
    File::create(&path)
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| RegistryError::Io { path, error })
}

async fn read(store: &dyn ObjectStore, key: &str) -> Result<Option<Seen>, Error> {
    let found = match store.get(&Key::from(key)).await {
        Err(Error::NotFound { .. }) => return Ok(None),
        found => found?,
    };
    let version = UpdateVersion {
        e_tag: found.meta.e_tag.clone(),
        version: found.meta.version.clone(),
    };
    let bytes = found.bytes().await?;
    Ok(Some(Seen { bytes, version }))
}

async fn put_new(store: &dyn ObjectStore, key: &str, payload: PutPayload) -> Result<bool, Error> {
    match store
        .put_opts(&Key::from(key), payload, PutMode::Create.into())
        .await
    {
        Err(Error::AlreadyExists { .. }) => Ok(false),
        put => put.map(|_| true),
    }
}

async fn put_matching(
    store: &dyn ObjectStore,
    key: &str,
    version: &UpdateVersion,
    payload: PutPayload,
) -> Result<bool, Error> {
    let mode = PutMode::Update(version.clone());
    match store.put_opts(&Key::from(key), payload, mode.into()).await {
        Err(Error::Precondition { .. } | Error::NotFound { .. }) => Ok(false),
        put => put.map(|_| true),
    }
}
