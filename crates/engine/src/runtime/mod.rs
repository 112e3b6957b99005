//! The pipeline as a whole: it opens the state, starts a worker for each step and the HTTP API,
//! and stops them in order. What each step does is its own module's business.

mod error;
mod keeper;
mod kept;
mod rates;
mod rebuild;
mod status;
mod stopped;
mod workers;

pub use error::PipelineError;
pub use rebuild::{Rebuilt, rebuild};
pub use stopped::stopped_status;

use crate::api::{self, ApiState};
use crate::champion_watch::watch_champion;
use crate::classify::ModelDrift;
use crate::counters::{AlertCounters, ArchiveCounters, ClassifyCounters};
use crate::ingest::IngestView;
use crate::log::{Log, LogError, LogOptions};
use crate::patience::Problems;
use crate::settings::{
    AlertSettings, ApiSettings, ArchiveSettings, LogSettings, ModelSettings, SourceSettings,
};
use crate::sse::FeedStatus;
use crate::status::Status;
use rates::Rates;
use status::Observer;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::clock;
use wikisentry_lake::registry::{Champion, Registry};
use workers::Workers;

/// A look into the log takes far less.
const LOOKER_GRACE: Duration = Duration::from_secs(10);

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

/// What the workers publish and the status reads.
pub(crate) struct Views {
    pub ingest: watch::Receiver<IngestView>,
    pub classify: watch::Receiver<ClassifyCounters>,
    pub drift: watch::Receiver<Option<ModelDrift>>,
    pub archive: watch::Receiver<ArchiveCounters>,
    pub alert: watch::Receiver<AlertCounters>,
    pub feed: watch::Receiver<FeedStatus>,
    pub champion: watch::Receiver<Arc<Champion>>,
}

/// A running pipeline.
pub struct Pipeline {
    observer: Arc<Observer>,
    workers: Workers,
    api: SocketAddr,
}

impl Pipeline {
    /// Opens the state and starts everything. Says what is in the way without having changed it.
    pub async fn start(options: PipelineOptions) -> Result<Self, PipelineError> {
        let stop = CancellationToken::new();
        let problems = Problems::default();
        // The port first: a second instance or another program on it is the likeliest refusal.
        let listen = options.api.listen;
        let (listener, address) = api::bind(listen)
            .await
            .map_err(|error| PipelineError::Listen { listen, error })?;

        let registry = Registry::open(&options.state.join("models"), &options.model.name);
        registry.bootstrap()?;
        let champion = watch_champion(
            registry,
            options.model.reload_interval,
            problems.clone(),
            stop.child_token(),
        )?;
        let log = open_log(&options.state.join("log")).await?;
        let lake = Lake::new(options.state.join("lake"));

        let (workers, views) =
            Workers::start(&options, &log, &lake, champion.clone(), &problems, stop)?;
        let rates = Rates::start(&views, workers.stop_token());
        let observer = Arc::new(Observer {
            log: log.clone(),
            lake,
            state: options.state,
            source_name: options.source_name,
            views,
            rates,
            problems,
            started_at: clock::now(),
            api: address,
            webhook: workers.webhook(),
        });
        let seen = Arc::clone(&observer);
        let state = ApiState {
            champion,
            log,
            score_bots: options.model.score_bots,
            status: Arc::new(move || seen.status()),
            stop: workers.stop_token(),
        };
        workers.serve(listener, state, options.api.max_body_bytes);
        Ok(Self {
            observer,
            workers,
            api: address,
        })
    }

    /// Where the API listens.
    pub fn api(&self) -> SocketAddr {
        self.api
    }

    /// How everything does.
    pub fn status(&self) -> Status {
        self.observer.status()
    }

    /// The topics, for views within the process.
    pub fn log(&self) -> &Log {
        self.observer.log()
    }

    /// Waits until a worker ends with an error that waiting does not mend.
    pub async fn failed(&mut self) -> PipelineError {
        self.workers.failed().await
    }

    /// Stops all workers; what was taken is on disk and in the lake when this returns.
    pub async fn stop(self) -> Result<(), PipelineError> {
        self.workers.stop().await
    }
}

/// Opens the log, waiting out whoever only looks into it: a `status` or `tail` that found nothing
/// running a moment ago. Another pipeline it cannot be: the caller holds the state's lock.
async fn open_log(path: &Path) -> Result<Log, LogError> {
    let begun = Instant::now();
    loop {
        match Log::open(path, LogOptions::default()) {
            Err(LogError::Locked { .. }) if begun.elapsed() < LOOKER_GRACE => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            opened => return opened,
        }
    }
}
