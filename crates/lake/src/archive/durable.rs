//! Changes to folders that are still there after a power cut: every folder whose entries changed
//! is synced. Not for file contents.

use super::error::ArchiveError;
use crate::file::sync_folder;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Forces a folder's entries to disk.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), ArchiveError> {
    sync_folder(dir).map_err(ArchiveError::io("sync", dir))
}

/// Creates a folder and those above it that are missing, and syncs all from `top` (which exists)
/// down to it: an earlier run may have made some of them and crashed before it could.
pub(crate) fn create_dirs(top: &Path, dir: &Path) -> Result<(), ArchiveError> {
    fs::create_dir_all(dir).map_err(ArchiveError::io("create", dir))?;
    for made in dir.ancestors().take_while(|above| above.starts_with(top)) {
        sync_dir(made)?;
    }
    Ok(())
}

/// Removes a file or a folder with all in it; what is not there is fine.
pub(crate) fn remove(path: &Path) -> Result<(), ArchiveError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(ArchiveError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// Swaps two folders in one atomic step; `false` where the file system cannot.
pub(crate) fn exchange(one: &Path, other: &Path) -> Result<bool, ArchiveError> {
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
        Err(errno) => Err(ArchiveError::io("exchange", other)(errno.into())),
    }
}
