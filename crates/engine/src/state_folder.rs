//! Where in the state folder the pipeline keeps what it keeps. Paths only.

use std::path::{Path, PathBuf};

/// The durable log: topics, bookmarks, committed offsets.
pub fn log(state: &Path) -> PathBuf {
    state.join("log")
}

/// The lake: archived edits, label facts, labels.
pub fn lake(state: &Path) -> PathBuf {
    state.join("lake")
}

/// The versions and aliases of all models.
pub fn models(state: &Path) -> PathBuf {
    state.join("models")
}
