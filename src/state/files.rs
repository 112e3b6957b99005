//! How files of the state folder are read, written and locked, and what is said if that fails.

use crate::error::{ExpectedError, Result};
use fs4::{FileExt, TryLockError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::time::Duration;
use wikisentry_lake::file::{
    close_folder, create_private_folder, open_own, read_own, write_privately,
};

/// Longest note that is read, in bytes; those that this program writes have some kilobytes.
pub const NOTE_BYTES: u64 = 1 << 20;

/// The refusal if a file of the state folder cannot be read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> ExpectedError {
    ExpectedError::preflight(format!("cannot read {}", path.display()))
        .caused_by(error)
        .help("make it readable; if it is no file of wikisentry, move it away")
}

/// The refusal if a file of the state folder cannot be written.
pub fn unwritable(path: &Path, error: &std::io::Error) -> ExpectedError {
    ExpectedError::preflight(format!("cannot write {}", path.display()))
        .caused_by(error)
        .help(match error.kind() {
            std::io::ErrorKind::StorageFull => "free space on that disk, and run it again",
            _ => "make the state folder writable, or set WIKISENTRY_HOME to one that is",
        })
}

/// Writes a file that others could never read, whole or not at all; makes its folder for its owner
/// alone.
///
/// # Errors
/// What the system says. The file is then what it was.
pub fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_private_folder(folder)?;
    close_folder(folder)?;
    write_privately(path, content)
}

/// What was read, or `None` if it is not there.
pub fn if_there<T>(read: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match read {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Opens a file to append to; made for its owner alone if it is missing.
pub fn open_to_append(path: &Path) -> std::io::Result<File> {
    open_own(path, OpenOptions::new().create(true).append(true))
}

/// A look at a lock holds it for less than a millisecond; it is tried so often, so far apart.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// Locks a file until it is dropped; `None` if another process has it, and does not only look whether
/// it is free. The system lets go of it however the process ends.
pub fn lock(path: &Path) -> Result<Option<File>> {
    let unwritable = |error| unwritable(path, &error);
    let file = open_to_append(path).map_err(unwritable)?;
    for _ in 0..TRIES {
        match FileExt::try_lock(&file) {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::Error(error)) => return Err(unwritable(error).into()),
        }
    }
    Ok(None)
}

/// What a file of JSON holds; `None` if there is none.
///
/// # Errors
/// What the system says, or what is wrong with the JSON.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> std::io::Result<Option<T>> {
    let text = if_there(read_own(path, NOTE_BYTES))?;
    let read = text.map(|text| serde_json::from_slice(&text));
    Ok(read.transpose()?)
}

/// A note that commands go by; `None` if there is none. `without` says what holds once a damaged one
/// is removed.
///
/// # Errors
/// With exit code 3 if it cannot be read, or is no such note.
pub fn read_note<T: DeserializeOwned>(path: &Path, without: &str) -> Result<Option<T>> {
    read_json(path).map_err(|error| {
        ExpectedError::preflight(format!("cannot read {}", path.display()))
            .caused_by(&error)
            .help(format!(
                "make it readable; if it is damaged, remove it: {without}"
            ))
            .into()
    })
}

/// Writes a file of JSON as [`write_private`] does.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_vec_pretty(value)?;
    write_private(path, &text).map_err(|error| unwritable(path, &error).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExitStatus;

    #[test]
    fn a_pipe_a_link_or_a_huge_file_in_place_of_a_note_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let note = |name: &str| dir.path().join(name);
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, note("pipe"), kind, mode, 0).unwrap();
        let huge = File::create(note("huge")).unwrap();
        huge.set_len(2 << 30).unwrap();
        std::fs::write(note("elsewhere"), "{}").unwrap();
        std::os::unix::fs::symlink(note("elsewhere"), note("link")).unwrap();
        for (name, why) in [
            ("pipe", "not a regular file"),
            ("huge", "2147483648 bytes or more, and at most 1048576"),
            ("link", "symbolic link"),
        ] {
            let error = read_note::<serde_json::Value>(&note(name), "").unwrap_err();
            assert_eq!(error.exit_status(), ExitStatus::Preflight, "{name}");
            let said = error.in_one_line();
            assert!(said.contains(why) && said.contains(name), "{said}");
        }
    }

    #[test]
    fn who_only_looks_at_a_lock_keeps_nobody_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = lock(&path).unwrap();
        assert!(held.is_some() && lock(&path).unwrap().is_none());
        drop(held);
        let looking = File::open(&path).unwrap();
        FileExt::try_lock_shared(&looking).unwrap();
        let taking = std::thread::spawn(move || lock(&path).unwrap().is_some());
        // It has to try again at least once.
        std::thread::sleep(BETWEEN_TRIES);
        drop(looking);
        assert!(taking.join().unwrap());
    }
}
