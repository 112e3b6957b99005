//! Files of the lake that nobody can read: out of the way of all readers, below `damaged`, in the place
//! that they had. As long as one lies there the lake lacks what is in it.

use super::lake::{Lake, LakeFile, edits};
use super::parquet_file;
use super::schema::check_columns;
use crate::error::LakeError;
use crate::file::create_private_folder;
use crate::storage::Key;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Instant;

const FOLDER: &str = "damaged";
/// What is moved there; labels are not: a day without them would count as one without damage.
const MOVED: [&str; 3] = ["edits", "labels/facts", "labels/revert_risk"];

/// What a look into the lake's files has found.
#[derive(Debug, Default)]
pub struct Examined {
    /// Files whose every row was read.
    pub files: usize,
    /// Files that were not looked at: there was no time.
    pub left: usize,
    /// What is wrong with the others, newest hour first.
    pub damaged: Vec<LakeError>,
}

impl Lake {
    /// Takes a file that cannot be read, if that is the failure, out of the way into `damaged`; answers
    /// where it is now. Only in a folder.
    ///
    /// # Errors
    /// If it cannot be moved.
    pub fn set_aside(&self, failure: &LakeError) -> Result<Option<PathBuf>, LakeError> {
        let root = self.storage().path(&Key::default());
        let place = failure.damaged_file().and_then(|file| {
            let place = file.strip_prefix(&root).ok()?;
            MOVED
                .iter()
                .any(|moved| place.starts_with(moved))
                .then_some(place)
        });
        let Some((place, local)) = place.zip(self.storage().folder()) else {
            return Ok(None);
        };
        let target = Key::from(format!("{FOLDER}/{}", place.display()));
        local.check(&target)?;
        let (file, aside) = (root.join(place), root.join(FOLDER).join(place));
        let folder = aside.parent().unwrap_or(&root);
        create_private_folder(folder).map_err(LakeError::io("create", folder))?;
        let bytes = fs::metadata(&file).map_or(0, |found| found.len());
        match fs::rename(&file, &aside) {
            Ok(()) if place.starts_with("edits") => self.count(|totals| {
                totals.files = totals.files.saturating_sub(1);
                totals.bytes = totals.bytes.saturating_sub(bytes);
            }),
            Ok(()) => {}
            // Somebody else, such as a retraining, met it at the same time.
            Err(error) if error.kind() == ErrorKind::NotFound && aside.exists() => {}
            Err(error) => return Err(LakeError::io("move", &aside)(error)),
        }
        Ok(Some(aside))
    }

    /// Reads, and reads again without the files that cannot be read, which are set aside.
    ///
    /// # Errors
    /// If it fails for another reason, or a file cannot be moved.
    pub fn readable<T>(
        &self,
        mut read: impl FnMut() -> Result<T, LakeError>,
    ) -> Result<T, LakeError> {
        loop {
            let error = match read() {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            match self.set_aside(&error)? {
                Some(aside) => {
                    tracing::error!("{error}; it was set aside as {}", aside.display());
                }
                None => return Err(error),
            }
        }
    }

    /// The files that were set aside and still lie there.
    ///
    /// # Errors
    /// If a folder cannot be listed.
    pub fn damaged(&self) -> Result<Vec<PathBuf>, LakeError> {
        let found = self.storage().sizes(&Key::from(FOLDER))?;
        let mut paths: Vec<PathBuf> = found
            .iter()
            .map(|(key, _)| self.storage().path(key))
            .collect();
        paths.sort_unstable();
        Ok(paths)
    }

    /// Symbolic links in the lake, which are passed over with what lies behind them.
    ///
    /// # Errors
    /// If a folder cannot be listed.
    pub fn links(&self) -> Result<Vec<PathBuf>, LakeError> {
        Ok(self.storage().links(&Key::default())?)
    }

    /// Whether the file of a published edit, by its place below `edits`, was set aside.
    pub(super) fn is_aside(&self, place: &str) -> bool {
        let root = self.storage().path(&Key::default());
        root.join(FOLDER)
            .join(edits().as_ref())
            .join(place)
            .exists()
    }

    /// Reads every row of the files of edits, the newest hour first, for as long as there is time. It
    /// moves nothing.
    ///
    /// # Errors
    /// If the lake cannot be listed, or a file cannot be read though it may be sound.
    pub fn examine(&self, until: Instant) -> Result<Examined, LakeError> {
        let files = self.files(None)?;
        let mut found = Examined {
            left: files.len(),
            ..Examined::default()
        };
        for file in files.iter().rev() {
            if Instant::now() >= until {
                break;
            }
            found.left -= 1;
            match self.examine_file(file) {
                Ok(()) => found.files += 1,
                // A compaction was faster.
                Err(error) if error.is_not_found() => {}
                Err(error) if error.damaged_file().is_some() => found.damaged.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    fn examine_file(&self, file: &LakeFile) -> Result<(), LakeError> {
        let opened = parquet_file::open(self.storage(), &file.key)?;
        check_columns(opened.schema().fields(), &file.path)?;
        let rows = opened.build().map_err(LakeError::reading(&file.path))?;
        for batch in rows {
            batch.map_err(|error| LakeError::reading(&file.path)(error.into()))?;
        }
        Ok(())
    }
}
