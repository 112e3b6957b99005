//! What can go wrong with the log, in words that a person can act on.

use std::io;
use std::path::{Path, PathBuf};
use wikisentry_core::topic::Topic;

/// An error of the log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Another process, or another [`Log`](super::Log) of this one, has the log open.
    #[error("the log in {path} is in use by another process")]
    Locked { path: PathBuf },
    /// The operating system refused: disk full, read-only, no permission, a failing device.
    /// The log stays usable; the same transaction may be committed again once the cause is gone.
    #[error("cannot {action} the log in {path}: {source}")]
    Io {
        path: PathBuf,
        /// What was being done: `open`, `read`, `write to` or `sync`.
        action: &'static str,
        /// The refusal; its `kind()` tells a full disk from a read-only one.
        source: io::Error,
    },
    /// What is stored is damaged. Nothing of it is handed out.
    #[error("the log in {path} is damaged{}: {why}", told(*.place))]
    Corrupt {
        path: PathBuf,
        /// The topic whose records are damaged and the first offset that cannot be read, where
        /// known.
        place: Option<(Topic, u64)>,
        why: String,
    },
    /// A record or key that the log's format cannot hold.
    #[error("cannot store {what}: {why}")]
    Refused {
        /// The record's topic or the key.
        what: String,
        /// The limit that it breaks.
        why: String,
    },
}

fn told(place: Option<(Topic, u64)>) -> String {
    place.map_or_else(String::new, |(topic, offset)| {
        format!(" in topic {topic} at offset {offset}")
    })
}

impl LogError {
    /// True if waiting may help: the disk is full, read-only or failing. The transaction that was
    /// refused can be committed again as it is.
    pub fn is_retryable(&self) -> bool {
        matches!(self, LogError::Io { .. })
    }

    /// True if a write in the background was refused earlier, and the machine takes writes now: a
    /// store opened again can go on.
    pub(super) fn is_past(&self) -> bool {
        matches!(self, LogError::Io { source, .. } if source.kind() == io::ErrorKind::Other)
    }

    pub(super) fn io(path: &Path, action: &'static str, source: io::Error) -> Self {
        LogError::Io {
            path: path.to_owned(),
            action,
            source,
        }
    }

    pub(super) fn corrupt(
        path: &Path,
        place: Option<(Topic, u64)>,
        why: impl std::fmt::Display,
    ) -> Self {
        LogError::Corrupt {
            path: path.to_owned(),
            place,
            why: why.to_string(),
        }
    }

    /// Sorts a failure of the store into what the machine refused and what is damaged.
    pub(super) fn from_store(
        path: &Path,
        action: &'static str,
        place: Option<(Topic, u64)>,
        error: fjall::Error,
    ) -> Self {
        use fjall::{Error, LsmError};
        match error {
            Error::Locked => LogError::Locked {
                path: path.to_owned(),
            },
            Error::Io(source) | Error::Storage(LsmError::Io(source)) => match source.kind() {
                // The store asks for what it wrote itself: if that is gone or cut, it is damage.
                io::ErrorKind::NotFound
                | io::ErrorKind::UnexpectedEof
                | io::ErrorKind::InvalidData
                | io::ErrorKind::InvalidInput
                | io::ErrorKind::Other => Self::corrupt(path, place, source),
                _ => Self::io(path, action, source),
            },
            Error::Poisoned => Self::io(path, action, probe(path)),
            damaged => Self::corrupt(path, place, damaged),
        }
    }
}

/// The store only remembers that a write in the background failed; a small write tells why.
fn probe(dir: &Path) -> io::Error {
    let file = dir.join("probe");
    let outcome = std::fs::write(&file, [0; 64 << 10]);
    let removed = std::fs::remove_file(&file);
    match outcome.and(removed) {
        Err(refusal) => refusal,
        Ok(()) => io::Error::other("an earlier write in the background failed"),
    }
}
