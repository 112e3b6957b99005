//! The sync mark: a small file beside the store that says up to which commit everything was forced
//! to disk. A store that opens with less has lost what was safe, and that must be said.

use super::error::LogError;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use wikisentry_lake::file::open_own;

const BYTES: usize = 12;

pub(super) struct SyncMark {
    file: File,
    commit: u64,
}

impl SyncMark {
    /// Opens or creates the mark in `dir`. An unreadable mark counts as none: it is only a bound.
    pub(super) fn open(dir: &Path) -> Result<Self, LogError> {
        let failed = |source| LogError::io(dir, "open", source);
        let mut options = File::options();
        let file = open_own(
            &dir.join("synced"),
            options.read(true).write(true).create(true),
        );
        let file = file.map_err(failed)?;
        let mut bytes = [0; BYTES];
        let commit = match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => decode(bytes).unwrap_or(0),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => 0,
            Err(error) => return Err(failed(error)),
        };
        if commit == 0 {
            // Takes its block now, so that later marks need no room.
            file.write_all_at(&encode(0), 0).map_err(failed)?;
        }
        Ok(Self { file, commit })
    }

    /// The last commit known to be on disk.
    pub(super) fn commit(&self) -> u64 {
        self.commit
    }

    /// Notes that everything up to `commit` is on disk.
    pub(super) fn set(&mut self, dir: &Path, commit: u64) -> Result<(), LogError> {
        if commit > self.commit {
            self.file
                .write_all_at(&encode(commit), 0)
                .map_err(|source| LogError::io(dir, "sync", source))?;
            self.commit = commit;
        }
        Ok(())
    }
}

fn encode(commit: u64) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes[..8].copy_from_slice(&commit.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..8]);
    bytes[8..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn decode(bytes: [u8; BYTES]) -> Option<u64> {
    let commit = u64::from_le_bytes(bytes[..8].try_into().ok()?);
    (encode(commit) == bytes).then_some(commit)
}
