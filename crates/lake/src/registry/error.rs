//! What can go wrong with the registry: which file, and why.

use super::ruling::{Hold, RolledBack};
use crate::storage::StorageError;
use std::io;
use std::path::{Path, PathBuf};
use wikisentry_core::features::WrongTextWeights;
use wikisentry_core::model::ModelError;
use wikisentry_core::model::version::VersionError;

/// Why a model version cannot be used, or the registry not changed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A file or object of the registry cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    /// A file that must be there is not.
    #[error("{}: it is not there", path.display())]
    Absent { path: PathBuf },
    /// There is no such version.
    #[error("{name} has no version {version}")]
    NoVersion { name: String, version: u32 },
    /// No number is left for another version.
    #[error("{name} has a version {}, and no number comes after it", u32::MAX)]
    NoNumber { name: String },
    /// Another process wrote a card for a version that was being written here.
    #[error("{}: written by another process, against the protocol", path.display())]
    Foreign { path: PathBuf },
    /// An alias is not what it should be.
    #[error("{}: not an alias: {error}", path.display())]
    Alias {
        path: PathBuf,
        error: serde_json::Error,
    },
    /// A card cannot be written as JSON.
    #[error("{}: {error}", path.display())]
    Card {
        path: PathBuf,
        error: serde_json::Error,
    },
    /// The card is that of another version.
    #[error("{}: it is the card of {found}, not of {expected}", path.display())]
    Identity {
        path: PathBuf,
        /// Name and version of its folder.
        expected: String,
        /// Name and version it speaks of.
        found: String,
    },
    /// A file that is not weights of `text_risk`.
    #[error("{}: {error}", path.display())]
    Text {
        path: PathBuf,
        error: WrongTextWeights,
    },
    /// Weights of `text_risk` lie beside a card that has no checksum of them.
    #[error("{}: the card does not name it (`text_risk_sha256`)", path.display())]
    Unnamed { path: PathBuf },
    /// The bytes of a file are not those its card speaks of.
    #[error("{}: SHA-256 is {found}, the card says {expected}", path.display())]
    Damaged {
        path: PathBuf,
        expected: String,
        found: String,
    },
    /// The model or its card is refused.
    #[error("{}: {error}", path.display())]
    Model { path: PathBuf, error: ModelError },
    /// The champion is not the one it was expected to be.
    #[error("the champion of {name} is {}, not {}", or_none(*found), or_none(*expected))]
    Conflict {
        name: String,
        /// The version that was to be replaced.
        expected: Option<u32>,
        /// The version in its place.
        found: Option<u32>,
    },
    /// There is no champion that could be held.
    #[error("{name} has no champion yet")]
    NoChampion { name: String },
    /// A person holds the champion.
    #[error("the champion of {name} is held {hold}")]
    Held { name: String, hold: Hold },
    /// A person rolled the same model back.
    #[error(
        "{name}/{version} is the model that was rolled back as {name}/{} at {}",
        before.version,
        before.at
    )]
    RolledBack {
        name: String,
        version: u32,
        before: RolledBack,
    },
    /// There is nothing to go back to.
    #[error("{name} has had no champion before {}", champion.map_or("now".to_owned(), |it| format!("version {it}")))]
    NoPrevious { name: String, champion: Option<u32> },
}

impl RegistryError {
    /// Whether trying again may help though nobody changes the files.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

impl RegistryError {
    /// What is wrong with the files of a version that lie in `folder`.
    pub(super) fn of_version(folder: &Path, error: VersionError) -> Self {
        let path = match error.file() {
            Some(file) => folder.join(file),
            None => folder.to_owned(),
        };
        match error {
            VersionError::Model(error) => Self::Model { path, error },
            VersionError::Damaged {
                expected, found, ..
            } => Self::Damaged {
                path,
                expected,
                found,
            },
            VersionError::Absent { .. } => Self::Absent { path },
            VersionError::Text(error) => Self::Text { path, error },
            VersionError::Identity { expected, found } => Self::Identity {
                path,
                expected,
                found,
            },
        }
    }
}

impl From<StorageError> for RegistryError {
    fn from(refused: StorageError) -> Self {
        let StorageError { path, error, .. } = refused;
        Self::Io { path, error }
    }
}

fn or_none(version: Option<u32>) -> String {
    version.map_or_else(|| "none".to_owned(), |version| format!("version {version}"))
}
