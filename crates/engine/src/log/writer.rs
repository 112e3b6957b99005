//! What the one thread that commits knows beside the store.

use super::manifest::LogManifest;
use super::mark::SyncMark;
use super::transaction::Committed;

/// What only the one thread that commits may touch.
pub(super) struct Writer {
    pub(super) manifest: LogManifest,
    pub(super) mark: SyncMark,
    /// The store refused a write: it must be opened again before the next.
    pub(super) broken: bool,
    /// The write whose outcome is open while `broken`.
    pub(super) pending: Option<(LogManifest, Committed)>,
    pub(super) settled: Vec<(u64, Committed)>,
}

impl Writer {
    pub(super) fn new(manifest: LogManifest, mark: SyncMark) -> Self {
        Self {
            manifest,
            mark,
            broken: false,
            pending: None,
            settled: Vec::new(),
        }
    }
}
