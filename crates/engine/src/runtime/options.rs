//! What the pipeline is told, settings and the rest.

use crate::settings::{
    AlertSettings, ApiSettings, ArchiveSettings, LogSettings, ModelSettings, SourceSettings,
};
use std::path::PathBuf;

/// What the pipeline is told.
#[derive(Debug, Clone)]
pub struct PipelineOptions {
    /// The state folder; the caller holds its lock.
    pub state: PathBuf,
    /// Names the source: each has a bookmark of its own.
    pub source_name: String,
    /// Where edits come from.
    pub source: SourceSettings,
    /// The log.
    pub log: LogSettings,
    /// The model.
    pub model: ModelSettings,
    /// The archive.
    pub archive: ArchiveSettings,
    /// The alerts.
    pub alerts: AlertSettings,
    /// The API.
    pub api: ApiSettings,
}
