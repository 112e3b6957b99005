//! What `object_store` does not do in a folder of this machine (read in its version 0.14):
//!
//! * it forces to disk what a call changes, but neither again after an error nor folders that a killed
//!   process had made, and once for each file of many: see [`LocalFolder::force`];
//! * it lists a folder file by file and passes over those that vanish meanwhile, so that a reader
//!   would miss edits while their hour is compacted: see [`LocalFolder::names`], [`identity`];
//! * it cannot put one folder in the place of another: see [`LocalFolder::exchange`];
//! * it replaces nothing conditionally: see [`LocalFolder::lock`];
//! * it hides what its own interrupted writes leave (`NAME#1`): see [`LocalFolder::clear`];
//! * it follows symbolic links below the folder, also as it lists: see [`LocalFolder::check`],
//!   [`LocalFolder::sizes`]. The folder itself may be one, unless it lies within the state.
//!
//! [`identity`]: LocalFolder::identity

use super::error::{StorageError, into_io};
use crate::file::{create_private_folder, is_link, linked, odd, open_own, sync_folder};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Held while an object is replaced; empty, and never removed.
const LOCK: &str = ".lock";

/// A folder of this machine, which may not exist yet.
#[derive(Debug)]
pub(crate) struct LocalFolder {
    root: PathBuf,
    /// Whether the folder itself may be a symbolic link.
    may_be_link: bool,
    files: OnceLock<LocalFileSystem>,
}

impl LocalFolder {
    pub(super) fn new(root: PathBuf, may_be_link: bool) -> Self {
        Self {
            root,
            may_be_link,
            files: OnceLock::new(),
        }
    }

    /// Where an object is.
    pub(super) fn path(&self, key: &Key) -> PathBuf {
        match key.as_ref() {
            "" => self.root.clone(),
            key => self.root.join(key),
        }
    }

    /// Refuses a key that is, or lies below, a symbolic link: what is behind one is somebody else's. A
    /// key at which there is neither a file nor a folder, such as a pipe, is refused too.
    pub(crate) fn check(&self, key: &Key) -> Result<(), StorageError> {
        if !self.may_be_link && is_link(&self.root) {
            return Err(self.failed("use", &self.root, linked()));
        }
        let mut path = self.root.clone();
        for part in key.as_ref().split('/').filter(|part| !part.is_empty()) {
            path.push(part);
            let kind = match fs::symlink_metadata(&path) {
                Ok(found) => found.file_type(),
                Err(error) if is_absent(&error) => return Ok(()),
                Err(error) => return Err(self.failed("look at", &path, error)),
            };
            if kind.is_symlink() {
                return Err(self.failed("use", &path, linked()));
            }
            if !kind.is_file() && !kind.is_dir() {
                return Err(self.failed("use", &path, odd(&path)));
            }
        }
        Ok(())
    }

    /// The library's view of the folder; `None` while it does not exist.
    pub(super) fn files(&self) -> Result<Option<&LocalFileSystem>, StorageError> {
        if self.files.get().is_none() {
            if !self.root.exists() {
                return Ok(None);
            }
            let opened = LocalFileSystem::new_with_prefix(&self.root);
            let opened = opened.map_err(|error| self.failed("open", &self.root, into_io(error)))?;
            // What is there after a power cut must be whole.
            let _ = self.files.set(opened.with_fsync(true));
        }
        Ok(self.files.get())
    }

    /// The same, and makes the folder durably if need be.
    pub(super) fn created(&self) -> Result<&LocalFileSystem, StorageError> {
        if self.files.get().is_none() {
            self.create_folder(&self.root)?;
        }
        let gone = || self.failed("open", &self.root, ErrorKind::NotFound.into());
        self.files()?.ok_or_else(gone)
    }

    /// The same, without forcing what it writes to disk: see [`LocalFolder::force`].
    pub(super) fn unforced(&self) -> Result<LocalFileSystem, StorageError> {
        Ok(self.created()?.clone().with_fsync(false))
    }

    /// Forces the bytes of a file to disk.
    pub(super) fn force_file(&self, key: &Key) -> Result<(), StorageError> {
        let path = self.path(key);
        let forced = File::open(&path).and_then(|file| file.sync_all());
        forced.map_err(|error| self.failed("sync", &path, error))
    }

    /// Creates a folder durably, with those above it. All of them are forced to disk, also those
    /// that are there: an earlier run may have made them and have been killed before it could.
    pub(crate) fn create(&self, folder: &Key) -> Result<(), StorageError> {
        let path = self.path(folder);
        self.created()?;
        self.check(folder)?;
        self.create_folder(&path)?;
        self.force([folder])
    }

    fn create_folder(&self, path: &Path) -> Result<(), StorageError> {
        create_private_folder(path).map_err(|error| self.failed("create", path, error))?;
        let above = [Some(path), path.parent()];
        for folder in above.into_iter().flatten().filter(|above| above.is_dir()) {
            self.sync(folder)?;
        }
        Ok(())
    }

    /// Forces the entries of folders, where they are there, and of all above them to disk.
    pub(super) fn force<'k>(
        &self,
        folders: impl IntoIterator<Item = &'k Key>,
    ) -> Result<(), StorageError> {
        let mut all = BTreeSet::new();
        for folder in folders {
            let path = self.path(folder);
            let above = path.ancestors();
            let within = above.take_while(|above| above.starts_with(&self.root));
            all.extend(within.map(Path::to_owned));
        }
        let mut there = all.iter().filter(|folder| folder.is_dir());
        there.try_for_each(|folder| self.sync(folder))
    }

    fn sync(&self, folder: &Path) -> Result<(), StorageError> {
        sync_folder(folder).map_err(|error| self.failed("sync", folder, error))
    }

    /// The names in a folder, of whatever but symbolic links, in order; none if it is not there or is
    /// a file.
    pub(crate) fn names(&self, folder: &Key) -> Result<Vec<String>, StorageError> {
        self.check(folder)?;
        let path = self.path(folder);
        let failed = |error| self.failed("list", &path, error);
        let entries = match fs::read_dir(&path) {
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            if !entry.file_type().map_err(failed)?.is_symlink() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Key and size, in bytes, of every file below a folder, in no order; what is behind links is not.
    /// What comes or goes meanwhile is in it or not.
    pub(super) fn sizes(&self, folder: &Key) -> Result<Vec<(Key, u64)>, StorageError> {
        let mut sizes = Vec::new();
        let mut folders = vec![folder.clone()];
        while let Some(folder) = folders.pop() {
            for name in self.names(&folder)? {
                let Some(key) = super::entry(&folder, &name) else {
                    continue;
                };
                let path = self.path(&key);
                match fs::symlink_metadata(&path) {
                    Ok(found) if found.is_dir() => folders.push(key),
                    Ok(found) if found.is_file() => sizes.push((key, found.len())),
                    Ok(_) => {}
                    Err(error) if is_absent(&error) => {}
                    Err(error) => return Err(self.failed("look at", &path, error)),
                }
            }
        }
        Ok(sizes)
    }

    /// The symbolic links below a folder, which nothing here follows.
    pub(super) fn links(&self, folder: &Key) -> Result<Vec<PathBuf>, StorageError> {
        let mut links = Vec::new();
        let mut folders = vec![self.path(folder)];
        while let Some(folder) = folders.pop() {
            let failed = |error| self.failed("list", &folder, error);
            let entries = match fs::read_dir(&folder) {
                Err(error) if is_absent(&error) => continue,
                entries => entries.map_err(failed)?,
            };
            for entry in entries {
                let entry = entry.map_err(failed)?;
                let kind = entry.file_type().map_err(failed)?;
                if kind.is_symlink() {
                    links.push(entry.path());
                } else if kind.is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        links.sort_unstable();
        Ok(links)
    }

    /// Tells a folder from the one that [`LocalFolder::exchange`] put in its place. Names that were
    /// listed and files that were opened while it stayed the same are those of one moment.
    pub(crate) fn identity(&self, folder: &Key) -> Result<Option<u64>, StorageError> {
        let path = self.path(folder);
        match fs::metadata(&path) {
            Ok(found) => Ok(Some(found.ino())),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(self.failed("read", &path, error)),
        }
    }

    /// Swaps two folders in one atomic step, durably; `false` where the file system cannot.
    pub(crate) fn exchange(&self, one: &Key, other: &Key) -> Result<bool, StorageError> {
        self.check(one)?;
        self.check(other)?;
        let (one, other) = (self.path(one), self.path(other));
        match renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE) {
            Ok(()) => {}
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => return Ok(false),
            Err(errno) => return Err(self.failed("exchange", &other, errno.into())),
        }
        let above = [one.parent(), other.parent()];
        above
            .into_iter()
            .flatten()
            .try_for_each(|folder| self.sync(folder))?;
        Ok(true)
    }

    /// Removes a file or a folder with all in it; what is not there is fine.
    pub(crate) fn remove(&self, key: &Key) -> Result<(), StorageError> {
        self.check(key)?;
        self.remove_path(&self.path(key))
    }

    fn remove_path(&self, path: &Path) -> Result<(), StorageError> {
        let removed = match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(self.failed("remove", path, error))
            }
            _ => Ok(()),
        }
    }

    /// Removes what is ours in a folder, by its name, and says how many entries that were. Links are
    /// never ours.
    pub(crate) fn clear(
        &self,
        folder: &Key,
        is_ours: impl Fn(&str) -> bool,
    ) -> Result<usize, StorageError> {
        let mut names = self.names(folder)?;
        names.retain(|name| is_ours(name));
        let path = self.path(folder);
        for name in &names {
            self.remove_path(&path.join(name))?;
        }
        Ok(names.len())
    }

    /// Removes what the library left of a write that failed.
    pub(super) fn remove_torn(&self, key: &Key) -> Result<(), StorageError> {
        let (above, name) = last_name(key);
        let is_torn = |found: &String| {
            let rest = found.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with('#'))
        };
        let path = self.path(&above);
        let mut torn = self.names(&above)?.into_iter().filter(is_torn);
        torn.try_for_each(|name| self.remove_path(&path.join(name)))
    }

    /// Keeps others from replacing objects until it is dropped, or the process ends.
    pub(super) fn lock(&self) -> Result<File, StorageError> {
        self.check(&Key::default())?;
        let path = self.root.join(LOCK);
        open_own(&path, OpenOptions::new().write(true).create(true))
            .and_then(|file| file.lock().map(|()| file))
            .map_err(|error| self.failed("lock", &path, error))
    }

    fn failed(&self, action: &'static str, path: &Path, error: io::Error) -> StorageError {
        let path = path.to_owned();
        StorageError {
            action,
            path,
            error,
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The folder of a key and the name in it.
fn last_name(key: &Key) -> (Key, &str) {
    match key.as_ref().rsplit_once('/') {
        Some((above, name)) => (Key::from(above), name),
        None => (Key::default(), key.as_ref()),
    }
}
