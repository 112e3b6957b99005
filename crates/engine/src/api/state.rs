//! What the handlers of the API need of the pipeline.

use crate::log::Log;
use crate::status::Status;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wikisentry_lake::registry::Champion;

/// What the handlers need of the pipeline.
#[derive(Clone)]
pub struct ApiState {
    /// The model in use.
    pub champion: watch::Receiver<Arc<Champion>>,
    pub log: Log,
    /// The setting `model.score_bots`: bots get a score too.
    pub score_bots: bool,
    /// Puts the status together.
    pub status: Arc<dyn Fn() -> Status + Send + Sync>,
    /// Ends open streams when the process stops.
    pub stop: CancellationToken,
}
