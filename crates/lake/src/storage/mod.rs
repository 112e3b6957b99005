//! Where the lake and the model registry keep their objects: a folder of this machine, or an object
//! store such as S3. Every call blocks, from whatever thread, in a Tokio runtime or not. It knows
//! keys and bytes, nothing of what they mean.
//!
//! Objects are whole or absent. What is [put](Storage::put) is durable when the call returns. What is
//! [uploaded](Storage::create) or [renamed](Storage::rename) is so once [`Storage::force`] has
//! returned, so that the folders of many files are forced to disk once. A folder is read and written
//! with `object_store` too; what that lacks there is in [`folder`].

mod bucket;
mod error;
mod folder;
mod seen;
mod upload;

pub(crate) use bucket::{Bucket, Listed};
pub(crate) use error::StorageError;
pub(crate) use folder::LocalFolder;
pub(crate) use object_store::path::Path as Key;
pub(crate) use seen::Seen;
pub(crate) use upload::Upload;

use crate::file::too_large;
use bytes::Bytes;
use error::into_io;
use futures_util::TryStreamExt;
use object_store::prefix::PrefixStore;
use object_store::{Error, GetResultPayload, ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use seen::{Found, read};
use std::fs::File;
use std::io::{ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::Handle;

/// Objects by key. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    backing: Backing,
}

#[derive(Debug, Clone)]
enum Backing {
    Folder(Arc<LocalFolder>),
    Store {
        objects: Arc<dyn ObjectStore>,
        name: String,
        /// Drives the store's connections.
        runtime: Option<Handle>,
    },
}

impl Storage {
    /// The objects in a folder, which need not exist. Its file system must have `flock`, hard links
    /// and atomic renames.
    pub(crate) fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self::of(LocalFolder::new(folder.into(), true))
    }

    /// The same in a folder that is refused if it is a symbolic link.
    pub(crate) fn in_unlinked(folder: impl Into<PathBuf>) -> Self {
        Self::of(LocalFolder::new(folder.into(), false))
    }

    fn of(folder: LocalFolder) -> Self {
        let backing = Backing::Folder(Arc::new(folder));
        Self { backing }
    }

    /// The objects of a store below a prefix. One over the network works on the Tokio runtime that
    /// this is called in.
    pub(crate) fn in_store(objects: Arc<dyn ObjectStore>, name: &str) -> Self {
        Self {
            backing: Backing::Store {
                objects: Arc::new(PrefixStore::new(objects, name)),
                name: name.to_owned(),
                runtime: Handle::try_current().ok(),
            },
        }
    }

    /// The folder, if it is one of this machine.
    pub(crate) fn folder(&self) -> Option<&LocalFolder> {
        match &self.backing {
            Backing::Folder(folder) => Some(folder),
            Backing::Store { .. } => None,
        }
    }

    /// The object store, if it is one.
    pub(crate) fn bucket(&self) -> Option<Bucket<'_>> {
        match &self.backing {
            Backing::Folder(_) => None,
            Backing::Store { objects, .. } => Some(Bucket::new(self, objects)),
        }
    }

    /// How messages name an object; of a folder, where it is.
    pub(crate) fn path(&self, key: &Key) -> PathBuf {
        match &self.backing {
            Backing::Folder(folder) => folder.path(key),
            Backing::Store { name, .. } => Path::new(name).join(key.as_ref()),
        }
    }

    /// The whole of an object, of `most` bytes at most; `None` if there is none.
    pub(crate) fn read(&self, key: &Key, most: u64) -> Result<Option<Seen>, StorageError> {
        let Some(objects) = self.objects(key)? else {
            return Ok(None);
        };
        let found = self.wait(read(objects, key, most));
        match found.map_err(|error| self.refused("read", key, error))? {
            Found::Nothing => Ok(None),
            Found::Object(seen) => Ok(Some(seen)),
            Found::TooLarge(bytes) => Err(self.failed("read", key, too_large(bytes, most))),
        }
    }

    /// Whether an object is made of these bytes; `None` if there is none.
    pub(crate) fn is_same(&self, key: &Key, bytes: &[u8]) -> Result<Option<bool>, StorageError> {
        match self.read(key, bytes.len() as u64) {
            Err(longer) if longer.error.kind() == ErrorKind::FileTooLarge => Ok(Some(false)),
            read => Ok(read?.map(|seen| seen.bytes == bytes)),
        }
    }

    /// An object as an open file: nothing takes it away any more. One of a store is copied into a
    /// temporary file.
    pub(crate) fn open(&self, key: &Key) -> Result<File, StorageError> {
        let Some(objects) = self.objects(key)? else {
            return Err(self.failed("open", key, ErrorKind::NotFound.into()));
        };
        let got = self
            .wait(objects.get(key))
            .map_err(|error| self.refused("open", key, error))?;
        let mut parts = match got.payload {
            GetResultPayload::File(file, _) => return Ok(file),
            GetResultPayload::Stream(parts) => parts,
        };
        let failed = |error| self.failed("copy", key, error);
        let mut file = tempfile::tempfile().map_err(failed)?;
        while let Some(part) = self
            .wait(parts.try_next())
            .map_err(|error| self.refused("read", key, error))?
        {
            file.write_all(&part).map_err(failed)?;
        }
        file.rewind().map_err(failed)?;
        Ok(file)
    }

    /// Writes an object, over what is there.
    pub(crate) fn put(&self, key: &Key, bytes: &[u8]) -> Result<(), StorageError> {
        let objects = self.created(key)?;
        self.wait(objects.put(key, payload(bytes)))
            .map(|_| ())
            .map_err(|error| self.refused("write", key, error))
    }

    /// Writes an object unless there is one: `false` then.
    pub(crate) fn put_new(&self, key: &Key, bytes: &[u8]) -> Result<bool, StorageError> {
        let objects = self.created(key)?;
        let put = objects.put_opts(key, payload(bytes), PutMode::Create.into());
        match self.wait(put) {
            Err(Error::AlreadyExists { .. }) => Ok(false),
            put => put
                .map(|_| true)
                .map_err(|error| self.refused("write", key, error)),
        }
    }

    /// Writes an object if it is still as it was seen, which may be absent: `false` otherwise.
    pub(crate) fn replace(
        &self,
        key: &Key,
        seen: Option<&Seen>,
        bytes: &[u8],
    ) -> Result<bool, StorageError> {
        let Some(seen) = seen else {
            return self.put_new(key, bytes);
        };
        if let Some(folder) = self.folder() {
            let _lock = folder.lock()?;
            // Its bytes, not its tag: that is made of inode, time and size, and files that follow
            // each other within the clock's tick may share all three.
            if self.is_same(key, &seen.bytes)? != Some(true) {
                return Ok(false);
            }
            return self.put(key, bytes).map(|()| true);
        }
        let mode = PutMode::Update(seen.version.clone());
        let objects = self.created(key)?;
        match self.wait(objects.put_opts(key, payload(bytes), mode.into())) {
            Err(Error::Precondition { .. } | Error::NotFound { .. }) => Ok(false),
            put => put
                .map(|_| true)
                .map_err(|error| self.refused("write", key, error)),
        }
    }

    /// Begins an object that is written piece by piece.
    pub(crate) fn create(&self, key: &Key) -> Result<Upload, StorageError> {
        self.check(key)?;
        let begun = match &self.backing {
            Backing::Folder(folder) => self.wait(folder.unforced()?.put_multipart(key)),
            Backing::Store { objects, .. } => self.wait(objects.put_multipart(key)),
        };
        let begun = begun.map_err(|error| self.refused("create", key, error))?;
        Ok(Upload::new(begun, key.clone(), self.clone()))
    }

    /// Gives an object another name, over what is there; `false` if there is no such object.
    pub(crate) fn rename(&self, from: &Key, to: &Key) -> Result<bool, StorageError> {
        self.check(from)?;
        self.check(to)?;
        let renamed = match &self.backing {
            Backing::Folder(folder) => self.wait(folder.unforced()?.rename(from, to)),
            Backing::Store { objects, .. } => self.wait(objects.rename(from, to)),
        };
        match renamed {
            Err(Error::NotFound { .. }) => Ok(false),
            renamed => renamed
                .map(|()| true)
                .map_err(|error| self.refused("rename", to, error)),
        }
    }

    /// Makes what was uploaded to and renamed into or out of these folders durable, with the folders
    /// themselves. A store has that done already.
    pub(crate) fn force<'k>(
        &self,
        folders: impl IntoIterator<Item = &'k Key>,
    ) -> Result<(), StorageError> {
        match &self.backing {
            Backing::Folder(folder) => folder.force(folders),
            Backing::Store { .. } => Ok(()),
        }
    }

    /// Removes an object and what a failed write of it left; what is not there is fine.
    pub(crate) fn discard(&self, key: &Key) -> Result<(), StorageError> {
        if let Some(folder) = self.folder() {
            folder.remove(key)?;
            return folder.remove_torn(key);
        }
        match self.wait(self.created(key)?.delete(key)) {
            Err(Error::NotFound { .. }) => Ok(()),
            deleted => deleted.map_err(|error| self.refused("remove", key, error)),
        }
    }

    /// Removes what is ours in a folder, by its name, and says how many entries that were.
    pub(crate) fn clear(
        &self,
        folder: &Key,
        is_ours: impl Fn(&str) -> bool,
    ) -> Result<usize, StorageError> {
        if let Some(local) = self.folder() {
            return local.clear(folder, is_ours);
        }
        let mut names = self.names(folder)?;
        names.retain(|name| is_ours(name));
        for key in names.iter().filter_map(|name| entry(folder, name)) {
            self.discard(&key)?;
        }
        Ok(names.len())
    }

    /// The names in a folder, of folders and of objects, in order; none if it is not there.
    pub(crate) fn names(&self, folder: &Key) -> Result<Vec<String>, StorageError> {
        if let Some(local) = self.folder() {
            return local.names(folder);
        }
        let listed = self.wait(self.created(folder)?.list_with_delimiter(Some(folder)));
        let listed = listed.map_err(|error| self.refused("list", folder, error))?;
        let objects = listed.objects.iter().map(|object| &object.location);
        let keys = listed.common_prefixes.iter().chain(objects);
        let mut names: Vec<String> = keys
            .filter_map(|key| Some(key.filename()?.to_owned()))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Key and size, in bytes, of every object below a folder, in no order. What comes or goes
    /// meanwhile is in it or not.
    pub(crate) fn sizes(&self, folder: &Key) -> Result<Vec<(Key, u64)>, StorageError> {
        if let Some(local) = self.folder() {
            return local.sizes(folder);
        }
        let Some(objects) = self.objects(folder)? else {
            return Ok(Vec::new());
        };
        let listed = objects.list(Some(folder));
        let sizes = listed.map_ok(|object| (object.location, object.size));
        self.wait(sizes.try_collect())
            .map_err(|error| self.refused("list", folder, error))
    }

    /// The symbolic links in a folder and below, which are passed over; a store has none.
    pub(crate) fn links(&self, folder: &Key) -> Result<Vec<PathBuf>, StorageError> {
        match self.folder() {
            Some(local) => local.links(folder),
            None => Ok(Vec::new()),
        }
    }

    /// Refuses what is, or lies below, a symbolic link.
    fn check(&self, key: &Key) -> Result<(), StorageError> {
        match self.folder() {
            Some(local) => local.check(key),
            None => Ok(()),
        }
    }

    /// The objects, if their folder is there, of which this key is asked for.
    fn objects(&self, key: &Key) -> Result<Option<&dyn ObjectStore>, StorageError> {
        match &self.backing {
            Backing::Folder(folder) => {
                folder.check(key)?;
                let files = folder.files()?;
                Ok(files.map(|files| files as &dyn ObjectStore))
            }
            Backing::Store { objects, .. } => Ok(Some(objects)),
        }
    }

    /// The objects, of which this key is asked for; their folder is made if need be.
    fn created(&self, key: &Key) -> Result<&dyn ObjectStore, StorageError> {
        match &self.backing {
            Backing::Folder(folder) => {
                folder.check(key)?;
                Ok(folder.created()?)
            }
            Backing::Store { objects, .. } => Ok(objects),
        }
    }

    /// Runs an operation to its end on this thread. Outside of a runtime the operations of a folder do
    /// all their work in here; those of a store over the network need theirs to drive connections.
    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        let runtime = match &self.backing {
            Backing::Folder(_) => None,
            Backing::Store { runtime, .. } => runtime.as_ref(),
        };
        let _entered = runtime.map(Handle::enter);
        // A Tokio task that called this would run out of its budget, which comes back only when the
        // task goes back to the runtime, and would wait for ever.
        futures_executor::block_on(tokio::task::unconstrained(work))
    }

    fn refused(&self, action: &'static str, key: &Key, error: Error) -> StorageError {
        self.failed(action, key, into_io(error))
    }

    fn failed(&self, action: &'static str, key: &Key, error: std::io::Error) -> StorageError {
        let path = self.path(key);
        StorageError {
            action,
            path,
            error,
        }
    }
}

/// The key of a name that [`Storage::names`] gave; `None` if it can be none.
pub(crate) fn entry(folder: &Key, name: &str) -> Option<Key> {
    Key::parse(format!("{folder}/{name}")).ok()
}

fn payload(bytes: &[u8]) -> PutPayload {
    PutPayload::from(Bytes::copy_from_slice(bytes))
}
