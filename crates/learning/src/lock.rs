//! One retraining at a time on the models of a folder, among all processes.

use crate::error::LearningError;
use fs4::{FileExt, TryLockError};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use wikisentry_lake::file::{create_private_folder, open_own};

/// How often the lock is asked for while others only look at it, each for a moment.
const TRIES: usize = 10_000;

/// The right to retrain, held until it is dropped; it falls with the process, however that ends.
/// Hold it until the outcome is noted: a process that finds it free may begin.
#[derive(Debug)]
pub struct RetrainLock {
    _file: File,
}

impl RetrainLock {
    /// Takes the right to retrain the models in a folder. Processes that only ask whether a retraining
    /// is at work do not stand in the way.
    ///
    /// # Errors
    /// [`LearningError::Busy`] if a retraining is at work, in whatever process; otherwise if the folder
    /// cannot be written.
    pub fn take(models: &Path) -> Result<Self, LearningError> {
        let path = lock_path(models);
        for _ in 0..TRIES {
            create_private_folder(models).map_err(LearningError::io("create", models))?;
            let file = open_own(&path, OpenOptions::new().write(true).create(true));
            let file = file.map_err(LearningError::io("open", &path))?;
            match try_lock(&file).map_err(LearningError::io("lock", &path))? {
                // A purge may have removed the file between its opening and its locking.
                Found::Free if is_removed(&file) => {}
                Found::Free => return Ok(Self { _file: file }),
                Found::LookedAt => std::thread::yield_now(),
                Found::Held => break,
            }
        }
        Err(LearningError::Busy { lock: path })
    }
}

/// Whether a retraining is at work on these models, in whatever process. Writes nothing, and keeps
/// none from beginning; where the lock cannot be read, none is known of.
pub fn is_busy(models: &Path) -> bool {
    let opened = open_own(&lock_path(models), OpenOptions::new().read(true));
    let tried = opened.map(|file| FileExt::try_lock_shared(&file));
    matches!(tried, Ok(Err(TryLockError::WouldBlock)))
}

/// What an attempt to take the lock finds.
enum Found {
    /// It is taken now.
    Free,
    /// Others ask at this moment whether it is held.
    LookedAt,
    Held,
}

fn try_lock(file: &File) -> io::Result<Found> {
    match FileExt::try_lock(file) {
        Ok(()) => return Ok(Found::Free),
        Err(TryLockError::Error(error)) => return Err(error),
        Err(TryLockError::WouldBlock) => {}
    }
    match FileExt::try_lock_shared(file) {
        Ok(()) => Ok(Found::LookedAt),
        Err(TryLockError::WouldBlock) => Ok(Found::Held),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn is_removed(file: &File) -> bool {
    file.metadata().is_ok_and(|found| found.nlink() == 0)
}

fn lock_path(models: &Path) -> PathBuf {
    models.join(".retrain.lock")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn to_ask_writes_nothing_and_finds_who_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let models = folder.path().join("models");
        assert!(!is_busy(&models) && !models.exists());
        std::fs::create_dir(&models).unwrap();
        assert!(!is_busy(&models) && !lock_path(&models).exists());
        let lock = RetrainLock::take(&models).unwrap();
        assert!(is_busy(&models));
        let busy = RetrainLock::take(&models).unwrap_err();
        assert!(matches!(busy, LearningError::Busy { .. }), "{busy}");
        drop(lock);
        assert!(!is_busy(&models));
    }

    #[test]
    fn who_only_asks_keeps_no_retraining_from_beginning() {
        let folder = tempfile::tempdir().unwrap();
        drop(RetrainLock::take(folder.path()).unwrap());
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    is_busy(folder.path());
                }
            });
            let taken: Result<Vec<_>, _> = (0..500)
                .map(|_| RetrainLock::take(folder.path()).map(drop))
                .collect();
            is_over.store(true, Ordering::Relaxed);
            taken.unwrap();
        });
    }
}
