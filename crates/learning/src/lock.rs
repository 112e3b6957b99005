//! One retraining at a time on the models of a folder, among all processes.

use crate::error::LearningError;
use fs4::{FileExt, TryLockError};
use std::fs::{File, OpenOptions};
use std::path::Path;
use wikisentry_lake::file::{create_private_folder, open_own};

/// The right to retrain, held until it is dropped; it falls with the process, however that ends.
/// Hold it until the outcome is noted: a process that finds it free may begin.
#[derive(Debug)]
pub struct RetrainLock {
    _file: File,
}

impl RetrainLock {
    /// Takes the right to retrain the models in a folder.
    ///
    /// # Errors
    /// [`LearningError::Busy`] if a retraining is at work, in whatever process, or another process
    /// asks at this moment whether one is; otherwise if the folder cannot be written.
    pub fn take(models: &Path) -> Result<Self, LearningError> {
        create_private_folder(models).map_err(LearningError::io("create", models))?;
        let path = models.join(".retrain.lock");
        let file = open_own(&path, OpenOptions::new().write(true).create(true));
        let file = file.map_err(LearningError::io("open", &path))?;
        match FileExt::try_lock(&file) {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LearningError::Busy { lock: path }),
            Err(TryLockError::Error(error)) => Err(LearningError::io("lock", &path)(error)),
        }
    }
}

/// Whether a retraining is at work on these models, in whatever process.
pub fn is_busy(models: &Path) -> bool {
    matches!(RetrainLock::take(models), Err(LearningError::Busy { .. }))
}
