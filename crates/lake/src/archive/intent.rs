//! The intent to publish a batch: which staged file belongs where. It goes into the log's
//! transaction together with the offset that the batch brings, and is read again after a crash.

use super::partition::Partition;
use crate::error::LakeError;
use serde::{Deserialize, Serialize};
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
    /// Edits in it, at least one.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The latest time of an edit in it.
    pub newest: EventTime,
}

impl Prepared {
    pub(super) fn new(files: Vec<PreparedFile>) -> Self {
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
        serde_json::to_vec(self).expect("texts and numbers are always JSON")
    }

    /// Reads [`Prepared::to_json`]; refuses paths that lead out of the lake.
    pub fn from_json(json: &[u8]) -> Result<Self, LakeError> {
        let prepared: Self =
            serde_json::from_slice(json).map_err(|error| LakeError::Intent(error.to_string()))?;
        for file in &prepared.files {
            if file.staged.contains('/') || file.staged.starts_with("..") || file.place().is_none()
            {
                let path = &file.path;
                return Err(LakeError::Intent(format!(
                    "`{path}` is no file of the lake"
                )));
            }
        }
        Ok(prepared)
    }
}

impl PreparedFile {
    /// Its partition and its name there.
    pub(super) fn place(&self) -> Option<(Partition, &str)> {
        let (folder, name) = self.path.rsplit_once('/')?;
        let partition = Partition::parse_path(folder)?;
        name.starts_with("part-").then_some((partition, name))
    }
}
