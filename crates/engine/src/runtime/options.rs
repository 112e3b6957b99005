//! What the pipeline is started with: settings and what is not a setting.

use crate::settings::{
    AlertSettings, ApiSettings, ArchiveSettings, LogSettings, ModelSettings, SourceSettings,
};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the pipeline is started with.
#[derive(Debug, Clone)]
pub struct PipelineOptions {
    /// The state folder; the caller holds its lock.
    pub state: PathBuf,
    /// Names the source: each has a bookmark of its own.
    pub source_name: String,
    /// Where a recording ends: of each topic the offset after its last event. Empty for a feed, which
    /// never ends.
    pub source_end: BTreeMap<String, u64>,
    /// Where edits come from.
    pub source: SourceSettings,
    /// Retention, and how often the log is forced to disk.
    pub log: LogSettings,
    /// Which model scores, and how often its alias is looked at.
    pub model: ModelSettings,
    /// How often and how much is written to the lake at once.
    pub archive: ArchiveSettings,
    /// The rules, and the webhook.
    pub alerts: AlertSettings,
    /// Address and limits of the HTTP API.
    pub api: ApiSettings,
}
