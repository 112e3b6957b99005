//! What the workers publish while they run.

use crate::classify::ModelDrift;
use crate::counters::{AlertCounters, ArchiveCounters, ClassifyCounters};
use crate::ingest::IngestView;
use crate::sse::FeedStatus;
use std::sync::Arc;
use tokio::sync::watch;
use wikisentry_lake::registry::Champion;

pub(super) struct Views {
    pub ingest: watch::Receiver<IngestView>,
    pub classify: watch::Receiver<ClassifyCounters>,
    pub drift: watch::Receiver<Option<ModelDrift>>,
    pub archive: watch::Receiver<ArchiveCounters>,
    pub alert: watch::Receiver<AlertCounters>,
    pub feed: watch::Receiver<FeedStatus>,
    pub champion: watch::Receiver<Arc<Champion>>,
}
