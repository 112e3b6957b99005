//! What can go wrong with the lake, always with the path.

use crate::storage::StorageError;
use parquet::errors::ParquetError;
use std::io;
use std::path::{Path, PathBuf};

/// A failure of the lake. Nothing half-written is visible after any of them.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The operating system refused; disk full and read-only file systems end here.
    #[error("cannot {action} `{}`: {error}", path.display())]
    Io {
        /// What was tried, e.g. `create`.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        error: io::Error,
    },
    /// A file is not what this program writes: damaged, or written by something else.
    #[error("`{}` cannot be read as a Parquet file of the lake: {error}", path.display())]
    Unreadable { path: PathBuf, error: ParquetError },
    /// A file's columns are not those that files in its place have.
    #[error("`{}` does not have the lake's columns: {detail}", path.display())]
    WrongSchema { path: PathBuf, detail: String },
    /// A file holds more than this program writes into one, so that reading it could take all memory.
    #[error("`{}` is none of the lake: it holds {found} {unit}, and at most {most} are read", path.display())]
    TooLarge {
        path: PathBuf,
        /// What is counted, e.g. `rows`.
        unit: &'static str,
        found: u64,
        most: u64,
    },
    /// A packed file is cut off or damaged.
    #[error("`{}` cannot be unpacked: {error}", path.display())]
    NotUnpacked { path: PathBuf, error: io::Error },
    /// Rows could not be encoded.
    #[error("cannot encode `{}`: {error}", path.display())]
    Encode { path: PathBuf, error: ParquetError },
    /// A file that was committed is in none of the places it may be in.
    #[error(
        "`{}` was committed with {rows} edits but is gone: neither staged, nor in place, nor merged \
         into a file of the same hour",
        path.display()
    )]
    Lost {
        /// Where the file should be.
        path: PathBuf,
        /// How many edits it held.
        rows: u64,
    },
    /// What is noted of a compaction in an object store is not this program's, or others were faster
    /// again and again.
    #[error("the compaction of the lake: {0}")]
    Claim(String),
    /// The intent read from the log is not one of this program's.
    #[error("the archive's intent in the log cannot be read: {0}")]
    Intent(String),
}

impl LakeError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Self {
        move |error| Self::Io {
            action,
            path: path.to_owned(),
            error,
        }
    }

    pub(crate) fn reading(path: &Path) -> impl Fn(ParquetError) -> Self {
        move |error| match into_io(error) {
            Ok(error) => Self::io("read", path)(error),
            Err(error) => Self::Unreadable {
                path: path.to_owned(),
                error,
            },
        }
    }

    /// What the unpacking library says; the system's own refusals stay what they are.
    pub(crate) fn unpacking(path: &Path) -> impl Fn(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidData
            | io::ErrorKind::UnexpectedEof => Self::NotUnpacked {
                path: path.to_owned(),
                error,
            },
            _ => Self::io("read", path)(error),
        }
    }

    pub(crate) fn writing(path: &Path) -> impl Fn(ParquetError) -> Self {
        move |error| match into_io(error) {
            Ok(error) => Self::io("write", path)(error),
            Err(error) => Self::Encode {
                path: path.to_owned(),
                error,
            },
        }
    }

    pub(crate) fn wrong_schema(path: &Path, detail: impl Into<String>) -> Self {
        Self::WrongSchema {
            path: path.to_owned(),
            detail: detail.into(),
        }
    }

    /// Whether the same step may succeed later without anyone repairing a file: no room, no right,
    /// a failing disk. What is damaged or lost stays so.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Io { .. })
    }

    /// The file that nobody can read, if that is the failure.
    pub(crate) fn damaged_file(&self) -> Option<&Path> {
        match self {
            Self::Unreadable { path, .. }
            | Self::WrongSchema { path, .. }
            | Self::TooLarge { path, .. }
            | Self::NotUnpacked { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Whether a file is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == io::ErrorKind::NotFound)
    }
}

impl From<StorageError> for LakeError {
    fn from(refused: StorageError) -> Self {
        let StorageError {
            action,
            path,
            error,
        } = refused;
        Self::Io {
            action,
            path,
            error,
        }
    }
}

/// The system's own error, where that is what the Parquet library wraps.
fn into_io(error: ParquetError) -> Result<io::Error, ParquetError> {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(io) => Ok(*io),
            Err(inner) => Err(ParquetError::External(inner)),
        },
        other => Err(other),
    }
}
