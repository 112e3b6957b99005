//! What the stages did and when: a file that only grows, a line of JSON an event, each forced to
//! disk. It is a record for people and `status`; what is there decides what is done.

use crate::error::{ExpectedError, Result};
use crate::plan::StageName;
use crate::state::{StateDir, lock, open_to_append, unwritable};
use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use wikisentry_core::time::EventTime;
use wikisentry_lake::clock;
use wikisentry_lake::file::create_private_folder;

/// A new file is begun beyond this many bytes; the one before is kept beside it.
const LARGEST: u64 = 1 << 20;

/// What happened to a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Started,
    /// It did its work, or had none.
    Finished,
    Failed(String),
}

/// A line of the journal.
#[derive(Debug, Clone, Serialize)]
pub struct Entry<'a> {
    time: EventTime,
    /// The process, to tell runs apart.
    pid: u32,
    version: &'static str,
    stage: StageName,
    phase: &'a Phase,
    /// A shortfall was to be overlooked.
    forced: bool,
}

/// Locks the containers of a state folder for the one command that changes them, until the file is
/// dropped; refuses to wait.
///
/// # Errors
/// If another `up` or `down` has the lock, or its file cannot be written.
pub fn lock_containers(state: &StateDir) -> Result<File> {
    let path = state.data_layer().join("lock");
    let made = create_private_folder(&state.data_layer());
    made.map_err(|error| unwritable(&path, &error))?;
    let what = "another `wikisentry up` or `down` is at work on this state";
    let refused = || ExpectedError::refused(what).help("wait until it ends");
    Ok(lock(&path)?.ok_or_else(refused)?)
}

/// The open journal. Only one process has it open.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    _lock: File,
}

impl Journal {
    /// Opens or creates the journal in the state folder.
    ///
    /// # Errors
    /// If it cannot be written, or as [`lock_containers`].
    pub fn open(state: &StateDir) -> Result<Self> {
        state.create_data_layer()?;
        let lock = lock_containers(state)?;
        let folder = state.data_layer();
        let path = folder.join("journal.jsonl");
        let unwritable = |error: std::io::Error| unwritable(&path, &error);
        if path.metadata().is_ok_and(|data| data.len() > LARGEST) {
            std::fs::rename(&path, folder.join("journal.1.jsonl")).map_err(unwritable)?;
        }
        let file = open_to_append(&path).map_err(unwritable)?;
        Ok(Self {
            file,
            path,
            _lock: lock,
        })
    }

    /// Adds a line and forces it to disk.
    pub fn write(&self, stage: StageName, phase: Phase, forced: bool) -> Result<()> {
        let entry = Entry {
            time: clock::now(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION"),
            stage,
            phase: &phase,
            forced,
        };
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        let mut file = &self.file;
        let written = file.write_all(&line).and_then(|()| file.sync_data());
        written.map_err(|error| unwritable(&self.path, &error).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExitStatus;

    const IMAGES: StageName = StageName::new("images", "images");

    #[test]
    fn a_second_run_is_refused_and_lines_stay() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        let journal = Journal::open(&state).unwrap();
        journal.write(IMAGES, Phase::Started, false).unwrap();
        let error = Journal::open(&state).unwrap_err();
        assert_eq!(error.exit_status(), ExitStatus::Refused);
        drop(journal);
        let journal = Journal::open(&state).unwrap();
        let failed = Phase::Failed("no network".to_owned());
        journal.write(IMAGES, failed, true).unwrap();
        let text = std::fs::read_to_string(&journal.path).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0]["phase"], "started");
        assert_eq!(lines[1]["phase"]["failed"], "no network");
        assert_eq!(lines[1]["stage"], "images");
        assert_eq!(lines[1]["forced"], true);
    }
}
