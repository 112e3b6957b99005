//! Exactly once, whatever crashes: how staged files become part of the lake.
//!
//! 1. [`Batch::finish`] stages whole, durable files.
//! 2. The caller commits [`Prepared::to_json`] under [`Archive::INTENT_KEY`] **together** with its
//!    new offset, and syncs its log. From here on the batch is in the lake, whatever crashes.
//! 3. [`Archive::publish`] renames the files into place. After a crash [`Archive::open`] does it.
//! 4. The intent may be deleted at any time after that, or be overwritten by the next.

use super::batch::Batch;
use super::candidates::Candidates;
use super::intent::Prepared;
use super::lake::{self, Lake};
use super::parquet_file::merged_names;
use super::partition::Partition;
use crate::error::LakeError;
use std::path::PathBuf;

/// What [`Archive::open`] found to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Files of the last committed batch that had to be moved into place.
    pub published: usize,
    /// Leftovers of a crash that were removed from the staging folder. What has no name of ours stays.
    pub removed: usize,
    /// Files of the last committed batch that are nowhere, such as those of an hour that was removed.
    pub missing: Vec<Missing>,
}

/// A file that was committed and is neither staged, nor in place, nor merged, nor set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Where it should be.
    pub path: PathBuf,
    pub rows: u64,
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
    pub fn open(lake: Lake, intent: Option<&[u8]>) -> Result<(Self, Recovered), LakeError> {
        let folder = lake.storage().folder();
        if let Some(folder) = folder {
            folder.create(&lake::edits())?;
            folder.create(&lake::staging())?;
        }
        let mut archive = Self {
            can_exchange: folder.is_some(),
            candidates: None,
            lake,
        };
        let mut recovered = Recovered::default();
        if let Some(json) = intent {
            let prepared = Prepared::from_json(json)?;
            (recovered.published, recovered.missing) = archive.put_in_place(&prepared)?;
        }
        recovered.removed = archive.lake.storage().clear(&lake::staging(), is_staged)?;
        if archive.lake.storage().folder().is_some() {
            archive.lake.keep_totals()?;
        }
        Ok((archive, recovered))
    }

    /// The lake that is written to.
    pub fn lake(&self) -> &Lake {
        &self.lake
    }

    /// As [`Lake::set_aside`]; the hour of the file is then compacted without it.
    pub fn set_aside(&mut self, failure: &LakeError) -> Result<Option<PathBuf>, LakeError> {
        let aside = self.lake.set_aside(failure)?;
        if aside.is_some() {
            self.candidates = None;
        }
        Ok(aside)
    }

    /// Starts a batch; one at a time is enough.
    pub fn batch(&self) -> Batch {
        Batch::new(self.lake.storage().clone(), lake::staging())
    }

    /// Moves the files of a committed batch into place, durably, and returns how many it moved.
    /// May be repeated after any error and after any crash.
    pub fn publish(&mut self, prepared: &Prepared) -> Result<usize, LakeError> {
        let (moved, missing) = self.put_in_place(prepared)?;
        match missing.into_iter().next() {
            None => Ok(moved),
            Some(Missing { path, rows }) => Err(LakeError::Lost { path, rows }),
        }
    }

    /// The number of files that were moved, and those that are nowhere.
    fn put_in_place(&mut self, prepared: &Prepared) -> Result<(usize, Vec<Missing>), LakeError> {
        let storage = self.lake.storage().clone();
        let mut touched = vec![lake::staging()];
        let mut missing = Vec::new();
        let mut moved = 0;
        for file in prepared.files() {
            let Some((partition, name)) = file.place() else {
                continue;
            };
            let target = lake::folder(partition).join(name);
            if storage.rename(&lake::staging().join(file.staged.as_str()), &target)? {
                moved += 1;
                self.lake.count(|totals| {
                    totals.files += 1;
                    totals.bytes += file.bytes;
                });
                if let Some(candidates) = &mut self.candidates {
                    candidates.published(partition, file.newest);
                }
            } else if !self.is_in_place(partition, name)? {
                missing.push(Missing {
                    path: storage.path(&target),
                    rows: file.rows,
                });
            }
            touched.push(lake::folder(partition));
        }
        // All at once, with what an attempt before this one has moved and could not force to disk.
        storage.force(&touched)?;
        Ok((moved, missing))
    }

    /// Removes the files of a batch that is known not to have been committed.
    pub fn discard(&self, prepared: Prepared) -> Result<(), LakeError> {
        for file in prepared.files() {
            let staged = lake::staging().join(file.staged.as_str());
            self.lake.storage().discard(&staged)?;
        }
        Ok(())
    }

    /// Whether a file, or one that it was merged into, is in its folder, or was set aside.
    fn is_in_place(&self, partition: Partition, name: &str) -> Result<bool, LakeError> {
        let is_there = || self.is_in_folder(partition, name);
        Ok(self.lake.readable(is_there)? || self.lake.is_aside(&format!("{partition}/{name}")))
    }

    fn is_in_folder(&self, partition: Partition, name: &str) -> Result<bool, LakeError> {
        let files = self.lake.partition_files(partition)?;
        if files.iter().any(|file| file.filename() == Some(name)) {
            return Ok(true);
        }
        for file in files {
            let merged = merged_names(self.lake.storage(), &file)?;
            if merged.iter().any(|merged| merged == name) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether something in the staging folder is ours, by its name: sixteen hexadecimal digits and what it
/// is, with `#` and a number if it was being written when the process was killed.
fn is_staged(name: &str) -> bool {
    let name = match name.rsplit_once('#') {
        Some((name, number)) if is_number(number) => name,
        Some(_) => return false,
        None => name,
    };
    let Some((nonce, what)) = name.split_once('-') else {
        return false;
    };
    let is_nonce = nonce.len() == 16 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
    let file = what.strip_suffix(".staged");
    is_nonce && (matches!(what, "compaction" | "blank") || file.is_some_and(is_number))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_staged_is_known_by_its_name() {
        for ours in [
            "0123456789abcdef-0.staged",
            "0123456789abcdef-12.staged#1",
            "0123456789abcdef-compaction",
            "0123456789abcdef-blank",
            "0123456789abcdef-blank#12",
        ] {
            assert!(is_staged(ours), "{ours}");
        }
        for other in [
            "chapter-1.tex",
            "0123456789abcdef-notes",
            "0123456789abcdef-.staged",
            "123-0.staged",
            "0123456789abcdef-0.staged#",
            "0123456789abcdef-0.staged#x",
            "0123456789abcdef",
            "",
        ] {
            assert!(!is_staged(other), "{other}");
        }
    }
}
