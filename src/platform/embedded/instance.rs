//! The running process of a state folder: a lock that it alone holds, and a note of where to
//! reach it. The lock is the truth; a note without it was left by a crash.

use super::Running;
use crate::error::{ExpectedError, Result};
use crate::platform::ReplayRequest;
use crate::state::{StateDir, if_there, lock, read_json, unreadable, write_json};
use fs4::{FileExt, TryLockError};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use wikisentry_core::time::EventTime;
use wikisentry_lake::file::open_own;

/// Where the running process is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub pid: u32,
    /// Base URL of its API.
    pub api: String,
    pub started_at: EventTime,
    /// The source it reads, as settings or `--replay` name it.
    pub source: String,
    /// What it was started with; absent in a note of an older version.
    #[serde(default)]
    pub running: Option<Running>,
}

/// Held for as long as the process runs; the system lets go of it however the process ends.
#[derive(Debug)]
pub struct InstanceLock {
    _file: File,
    note: PathBuf,
}

impl InstanceLock {
    /// Takes the lock; `None` if another process holds it.
    pub fn take(state: &StateDir) -> Result<Option<Self>> {
        state.create()?;
        let file = lock(&lock_path(state))?;
        Ok(file.map(|file| Self {
            _file: file,
            note: note_path(state),
        }))
    }

    /// Says where this process is to be reached.
    pub fn announce(&self, instance: &Instance) -> Result<()> {
        // For its owner alone: a setting may be a secret.
        write_json(&self.note, instance)
    }
}

impl Drop for InstanceLock {
    fn drop(&mut self) {
        // Left behind it would do no harm: readers ask the lock.
        let _ = std::fs::remove_file(&self.note);
    }
}

impl Instance {
    /// The process that runs on this state folder; `None` if there is none, or if it has not yet
    /// said where it is.
    pub fn find(state: &StateDir) -> Result<Option<Self>> {
        if !Self::is_running(state)? {
            return Ok(None);
        }
        let path = note_path(state);
        let read = read_json(&path).map_err(|error| {
            ExpectedError::preflight(format!(
                "{} does not say which process runs",
                path.display()
            ))
            .caused_by(&error)
            .help(match holder(&lock_path(state)) {
                Some(pid) => {
                    format!("end the process by hand: `kill {pid}`; nothing is lost by that")
                }
                None => format!(
                    "end the process that holds {}; nothing is lost by that",
                    lock_path(state).display()
                ),
            })
        });
        Ok(read?)
    }

    /// The recording that it reads; `None` for the live feed.
    pub fn replay(&self) -> Option<&ReplayRequest> {
        self.running.as_ref()?.replay()
    }

    /// What is asked for that this process is not, a clause each.
    pub fn differences(&self, asked: &Running) -> Vec<String> {
        let running = self.running.as_ref();
        running.map_or(Vec::new(), |running| running.differences(asked))
    }

    /// Whether a process runs on this state folder. Creates nothing.
    pub fn is_running(state: &StateDir) -> Result<bool> {
        let path = lock_path(state);
        let opened = if_there(open_own(&path, OpenOptions::new().read(true)));
        let Some(file) = opened.map_err(|error| unreadable(&path, &error))? else {
            return Ok(false);
        };
        match FileExt::try_lock_shared(&file) {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// The process, or the refusal of every command that needs one.
    ///
    /// # Errors
    /// With exit code 4 if none runs.
    pub fn require(state: &StateDir) -> Result<Self> {
        Self::find(state)?.ok_or_else(|| {
            ExpectedError::not_running("the platform is not running")
                .because(format!("no process runs on {}", state.root().display()))
                .help("start it with `wikisentry up`")
                .into()
        })
    }
}

/// The process that holds a lock, where the system tells: Linux lists locks, with the inodes of their
/// files, and the files that a process has open.
fn holder(lock: &Path) -> Option<u32> {
    let file = std::fs::metadata(lock).ok()?;
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let of_this = locks.lines().filter_map(|line| {
        // 1: FLOCK  ADVISORY  WRITE 4711 fd:01:262153 0 EOF
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let (pid, place) = (fields.get(4)?, fields.get(5)?);
        let inode = place.rsplit(':').next()?.parse::<u64>().ok()?;
        (inode == file.ino()).then(|| pid.parse().ok())?
    });
    let has_it_open = |pid: &u32| {
        let open = std::fs::read_dir(format!("/proc/{pid}/fd"));
        open.into_iter().flatten().flatten().any(|entry| {
            let open = std::fs::metadata(entry.path());
            open.is_ok_and(|open| (open.dev(), open.ino()) == (file.dev(), file.ino()))
        })
    };
    let mut holders = of_this.filter(has_it_open);
    holders.next()
}

fn lock_path(state: &StateDir) -> PathBuf {
    state.run().join("lock")
}

fn note_path(state: &StateDir) -> PathBuf {
    state.run().join("instance.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_whose_note_cannot_be_read_is_named_by_its_number() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path());
        let lock = InstanceLock::take(&state).unwrap().unwrap();
        std::fs::write(note_path(&state), "{").unwrap();
        let error = Instance::find(&state).unwrap_err();
        let crate::error::Error::Expected(error) = error else {
            panic!("{error:?}")
        };
        let help = error.help.unwrap();
        assert!(!help.contains("pkill"), "{help}");
        if Path::new("/proc/locks").exists() {
            let kill = format!("`kill {}`", std::process::id());
            assert!(help.contains(&kill), "{help}");
        }
        drop(lock);
        assert_eq!(holder(&lock_path(&state)), None);
        assert_eq!(Instance::find(&state).unwrap(), None);
    }
}
