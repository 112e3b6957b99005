//! Exactly once, whatever crashes: how staged files become part of the lake.
//!
//! 1. [`Batch::finish`] stages whole, synced files.
//! 2. The caller commits [`Prepared::to_json`] under [`Archive::INTENT_KEY`] **together** with its
//!    new offset, and syncs its log. From here on the batch is in the lake, come what may.
//! 3. [`Archive::publish`] renames the files into place. After a crash [`Archive::open`] does it.
//! 4. The intent may be deleted at any time after that, or be overwritten by the next.

use super::compact::Candidates;
use super::durable::{create_dirs, remove, sync_dir};
use super::error::ArchiveError;
use super::partition::Partition;
use super::scan::{Lake, list, merged_names};
use super::writer::Batch;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use wikisentry_core::time::EventTime;

/// A batch whose files are staged: the intent to publish them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prepared {
    files: Vec<PreparedFile>,
}

/// A staged file and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreparedFile {
    /// Name in the staging folder.
    pub staged: String,
    /// Path under `lake/edits`, with `/`.
    pub path: String,
    /// Edits in it.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// The latest time of an edit in it.
    pub newest: EventTime,
}

impl Prepared {
    pub(crate) fn new(files: Vec<PreparedFile>) -> Self {
        Self { files }
    }

    /// The files of the batch.
    pub fn files(&self) -> &[PreparedFile] {
        &self.files
    }

    /// Edits in the batch.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Value of the intent for the caller's transaction.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads [`Prepared::to_json`]; refuses paths that lead out of the lake.
    pub fn from_json(json: &[u8]) -> Result<Self, ArchiveError> {
        let prepared: Self = serde_json::from_slice(json)
            .map_err(|error| ArchiveError::Intent(error.to_string()))?;
        for file in &prepared.files {
            if file.staged.contains('/') || file.staged.starts_with("..") || file.place().is_none()
            {
                let path = &file.path;
                return Err(ArchiveError::Intent(format!(
                    "`{path}` is no file of the lake"
                )));
            }
        }
        Ok(prepared)
    }
}

impl PreparedFile {
    /// Its partition and its name there.
    fn place(&self) -> Option<(Partition, &str)> {
        let (folder, name) = self.path.rsplit_once('/')?;
        let partition = Partition::parse_path(folder)?;
        name.starts_with("part-").then_some((partition, name))
    }
}

/// What [`Archive::open`] found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Files of the last committed batch that had to be moved into place.
    pub published: usize,
    /// Leftovers of a crash that were removed from the staging folder.
    pub removed: usize,
}

/// The writing side of the lake. One process, one thread.
pub struct Archive {
    pub(super) lake: Lake,
    /// Known from the first compaction on.
    pub(super) candidates: Option<Candidates>,
    pub(super) can_exchange: bool,
}

impl Archive {
    /// Key of the intent in the log.
    pub const INTENT_KEY: &str = "archive/intent";

    /// Opens the lake for writing: creates its folders, publishes what the log's intent says was
    /// committed, and removes what was not.
    pub fn open(lake: Lake, intent: Option<&[u8]>) -> Result<(Self, Recovered), ArchiveError> {
        let (edits, staging) = (lake.edits(), lake.staging());
        let root = lake.root();
        // The state folder itself exists already; `lake` in it may be new.
        let top = root.parent().filter(|above| above.is_dir()).unwrap_or(root);
        create_dirs(top, &edits)?;
        create_dirs(top, &staging)?;
        let mut archive = Self {
            lake,
            candidates: None,
            can_exchange: true,
        };
        let mut recovered = Recovered::default();
        if let Some(json) = intent {
            recovered.published = archive.publish(&Prepared::from_json(json)?)?;
        }
        for leftover in list(&staging)? {
            remove(&leftover)?;
            recovered.removed += 1;
        }
        Ok((archive, recovered))
    }

    /// The reading side.
    pub fn lake(&self) -> &Lake {
        &self.lake
    }

    /// Starts a batch.
    pub fn batch(&self) -> Batch {
        Batch::new(self.lake.staging())
    }

    /// Moves the files of a committed batch into place, durably, and returns how many it moved.
    /// May be repeated after any error and after any crash.
    pub fn publish(&mut self, prepared: &Prepared) -> Result<usize, ArchiveError> {
        let edits = self.lake.edits();
        let mut touched = BTreeSet::new();
        let mut lost = None;
        let mut moved = 0;
        for file in &prepared.files {
            let Some((partition, name)) = file.place() else {
                continue;
            };
            let folder = edits.join(partition.to_string());
            fs::create_dir_all(&folder).map_err(ArchiveError::io("create", &folder))?;
            let (staged, target) = (self.lake.staging().join(&file.staged), folder.join(name));
            match fs::rename(&staged, &target) {
                Ok(()) => {
                    moved += 1;
                    if let Some(candidates) = &mut self.candidates {
                        candidates.published(partition, file.newest);
                    }
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    if !is_in_place(&folder, name)? {
                        lost = lost.or(Some(ArchiveError::Lost {
                            path: target,
                            rows: file.rows,
                        }));
                    }
                }
                Err(error) => return Err(ArchiveError::io("rename", &target)(error)),
            }
            let above = folder.ancestors();
            touched.extend(
                above
                    .take_while(|above| above.starts_with(&edits))
                    .map(Path::to_owned),
            );
        }
        touched.insert(self.lake.staging());
        for folder in touched {
            sync_dir(&folder)?;
        }
        lost.map_or(Ok(moved), Err)
    }

    /// Removes the files of a batch that is known not to have been committed.
    pub fn discard(&self, prepared: Prepared) -> Result<(), ArchiveError> {
        for file in &prepared.files {
            remove(&self.lake.staging().join(&file.staged))?;
        }
        Ok(())
    }
}

/// Whether a file, or one that it was merged into, is in its folder.
fn is_in_place(folder: &Path, name: &str) -> Result<bool, ArchiveError> {
    if folder.join(name).is_file() {
        return Ok(true);
    }
    for path in list(folder)? {
        if merged_names(&path)?.iter().any(|merged| merged == name) {
            return Ok(true);
        }
    }
    Ok(false)
}
