//! Which state folders are ours: a mark is written before anything else, and without it nothing is
//! removed, since a folder named `models` may be anybody's. `lake`, `log`, `models`, `logs` and
//! `recordings` may be links that their owner set, to another disk perhaps: they are used, their modes
//! are left alone, and a purge takes the link and leaves what it points to.

use super::{StateDir, if_there, unwritable};
use crate::error::{ExpectedError, Result};
use serde::Serialize;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use wikisentry_core::time::EventTime;
use wikisentry_engine::runtime::is_left_by_rebuild;
use wikisentry_lake::clock;
use wikisentry_lake::file::{close_folder, close_tree, is_link, odd, write_privately};

/// The mark's name in the state folder.
const MARK: &str = ".wikisentry-state";

/// The names of all that is ever written to `run/`.
const RUN: [&str; 8] = [
    "lock",
    "turn.lock",
    "platform.json",
    "recording.json",
    "instance.json",
    "learning.json",
    "retrain.jsonl",
    "retrain.new",
];

/// What `log/` holds; the last is there while its disk is tried.
const LOG: [&str; 4] = ["lock", "store", "synced", "probe"];

/// The names of all that is ever written to `lake/` itself.
const LAKE: [&str; 6] = [
    "edits", "labels", ".staging", "datasets", "damaged", ".lock",
];

/// The names of all that is ever written to `data-layer/`.
const DATA_LAYER: [&str; 8] = [
    "lock",
    "compose.yaml",
    ".env",
    "credentials.json",
    "kubeconfig",
    "release.json",
    "journal.jsonl",
    "journal.1.jsonl",
];

/// What the folder of a model in `models/` holds.
const REGISTRY: [&str; 3] = ["versions", "aliases", ".lock"];

/// Letters that the name of a file has, after a point, until it is put in the place of another.
const TORN_LETTERS: usize = 6;

/// What the mark says, for people.
#[derive(Debug, Serialize)]
struct Mark {
    /// The version of the program that made it.
    version: String,
    made_at: EventTime,
}

impl StateDir {
    /// Marks the folder as ours, and makes it if need be: before anything else is written below it. In
    /// a state of a version that wrote no mark, everything that is ours is closed to others.
    ///
    /// # Errors
    /// With exit code 7 if a folder of one of our names holds something else; 3 if the mark cannot be
    /// written, or the folder is that of a recording and a symbolic link.
    pub fn claim(&self) -> Result<()> {
        self.check_unlinked()?;
        if self.is_ours() {
            return Ok(());
        }
        let foreign = self.foreign();
        if !foreign.is_empty() {
            let root = self.root().display();
            return ExpectedError::refused(format!("{root} is in use by something else"))
                .because_each(
                    foreign.iter().map(|folder| {
                        format!("{} holds what is not of wikisentry", folder.display())
                    }),
                )
                .help("set WIKISENTRY_HOME to a folder that is empty or does not exist yet")
                .fail();
        }
        let mark = Mark {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: clock::now(),
        };
        let mark = serde_json::to_vec(&mark)?;
        let path = self.mark();
        let claimed = self
            .close()
            .and_then(|()| write_privately(&path, &mark))
            .map_err(|error| unwritable(&path, &error));
        Ok(claimed?)
    }

    /// Refuses the folder of a recording that is a symbolic link: what is behind it is not ours to
    /// write or remove.
    fn check_unlinked(&self) -> Result<()> {
        let root = self.root();
        if *root == self.home || !is_link(root) {
            return Ok(());
        }
        let what = format!("cannot use the state folder {}", root.display());
        ExpectedError::preflight(what).caused_by(&odd(root)).fail()
    }

    /// Whether the folder has our mark.
    pub fn is_ours(&self) -> bool {
        let found = self.mark().symlink_metadata();
        found.is_ok_and(|found| found.is_file())
    }

    fn mark(&self) -> PathBuf {
        self.root().join(MARK)
    }

    /// Refuses to remove anything of a folder that is not known to be ours.
    ///
    /// # Errors
    /// With exit code 7 then; 3 if it is the folder of a recording and a symbolic link.
    pub fn check_removable(&self) -> Result<()> {
        self.check_unlinked()?;
        let is_there = |folder: &PathBuf| folder.symlink_metadata().is_ok();
        if self.is_ours() || !self.folders().iter().any(is_there) {
            return Ok(());
        }
        let root = self.root().display();
        ExpectedError::refused(format!(
            "{root} is not known to be ours; nothing was removed"
        ))
        .because(format!(
            "it lacks the mark {MARK}, which `wikisentry up` writes, and a folder such as \
                 models/ may be somebody else's"
        ))
        .help(
            "if an earlier version made it: `wikisentry up`, then `wikisentry down --purge`; \
                 else remove by hand what is to go",
        )
        .fail()
    }

    /// Removes what is ours by name; the folder itself only if nothing else is in it. Answers what the
    /// links among our folders point to, which stays.
    ///
    /// # Errors
    /// As [`StateDir::check_removable`]; with exit code 3 if something cannot be removed.
    pub fn remove(&self) -> Result<Vec<PathBuf>> {
        self.check_removable()?;
        let names = entries(self.root()).map(|entry| entry.file_name());
        let left = names.filter(|name| is_left_by_rebuild(&name.to_string_lossy()));
        let left = left.map(|name| self.root().join(name));
        let mut kept = Vec::new();
        for folder in self.folders().into_iter().chain(left) {
            let gone = match fs::read_link(&folder) {
                Ok(target) => {
                    kept.push(self.root().join(target));
                    fs::remove_file(&folder)
                }
                Err(_) => fs::remove_dir_all(&folder),
            };
            if_there(gone).map_err(|error| unremovable(&folder, &error))?;
        }
        let mark = self.mark();
        if_there(fs::remove_file(&mark)).map_err(|error| unremovable(&mark, &error))?;
        // Something of the user's own may be in it.
        let _ = fs::remove_dir(self.root());
        Ok(kept)
    }

    /// Removes `run/`, `recordings/` and the folder itself as far as they are empty.
    pub fn remove_if_empty(&self) {
        if !self.is_ours() {
            return;
        }
        for folder in [self.recordings(), self.run()] {
            let _ = fs::remove_dir(folder);
        }
        let mut left = entries(self.root()).map(|entry| entry.file_name());
        if left.all(|name| name == MARK) {
            let _ = fs::remove_file(self.mark());
            let _ = fs::remove_dir(self.root());
        }
    }

    /// Whether something in the folder has a name that we give.
    pub fn has_our_name(&self, entry: &Path) -> bool {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        self.folders().iter().any(|folder| folder == entry)
            || name == MARK
            || is_left_by_rebuild(&name)
    }

    /// Closes to others what an earlier version has made, and the folder if nothing else is in it.
    fn close(&self) -> io::Result<()> {
        for folder in self.folders() {
            if folder.is_dir() && !is_link(&folder) {
                close_tree(&folder)?;
            }
        }
        let is_all_ours = entries(self.root()).all(|entry| self.has_our_name(&entry.path()));
        match self.root().is_dir() && is_all_ours && !is_link(self.root()) {
            true => close_folder(self.root()),
            false => Ok(()),
        }
    }

    /// The folders that have one of our names and hold something that we would not have put there. Behind
    /// a link, where nothing is removed with the state, it may lie beside what is ours.
    fn foreign(&self) -> Vec<PathBuf> {
        let is_foreign = |folder: &PathBuf| {
            let mut entries = entries(folder).filter(|entry| !is_of_any(entry));
            match is_link(folder) {
                false => entries.any(|entry| !self.is_of_ours(folder, &entry)),
                true => {
                    let mut entries = entries.peekable();
                    entries.peek().is_some()
                        && !entries.any(|entry| self.is_of_ours(folder, &entry))
                }
            }
        };
        self.folders().into_iter().filter(is_foreign).collect()
    }

    /// Whether an entry of a folder of ours is what this program puts there.
    fn is_of_ours(&self, folder: &Path, entry: &DirEntry) -> bool {
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        if *folder == self.recordings() {
            return self.is_recording(&name);
        }
        if *folder == self.models() {
            return name == ".retrain.lock" || is_registry(&path);
        }
        if *folder == self.logs() {
            return name.starts_with("wikisentry.log");
        }
        let names: &[&str] = if *folder == self.run() {
            &RUN
        } else if *folder == self.log() {
            &LOG
        } else if *folder == self.lake() {
            &LAKE
        } else {
            &DATA_LAYER
        };
        names.contains(&&*name)
    }

    /// Whether this is the state of a recording, and nothing else is in it.
    fn is_recording(&self, name: &str) -> bool {
        let state = self.recording(name);
        let is_all_ours = || entries(state.root()).all(|entry| state.has_our_name(&entry.path()));
        !is_link(state.root())
            && state.root().is_dir()
            && is_all_ours()
            && (state.is_ours() || state.foreign().is_empty())
    }
}

/// Whether this is the folder of a model's versions, and nothing else is in it.
fn is_registry(folder: &Path) -> bool {
    let is_ours = |entry: DirEntry| {
        let name = entry.file_name();
        REGISTRY.contains(&&*name.to_string_lossy()) || is_of_any(&entry)
    };
    !is_link(folder) && folder.is_dir() && entries(folder).all(is_ours)
}

/// Whether any folder may have this: what every file system has of its own, which may be a disk, and
/// what a crash leaves of a file that was to be put in the place of another.
fn is_of_any(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    let is_torn = name.strip_prefix('.').is_some_and(|rest| {
        rest.len() == TORN_LETTERS && rest.chars().all(|letter| letter.is_ascii_alphanumeric())
    });
    name == "lost+found" || (is_torn && entry.file_type().is_ok_and(|kind| kind.is_file()))
}

fn entries(folder: &Path) -> impl Iterator<Item = DirEntry> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}

fn unremovable(path: &Path, error: &io::Error) -> ExpectedError {
    ExpectedError::preflight(format!("cannot remove {}", path.display()))
        .caused_by(error)
        .help("remove it by hand")
}

#[cfg(test)]
mod tests;
