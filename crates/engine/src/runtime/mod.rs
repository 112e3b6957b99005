//! The pipeline as a whole: it opens the state, starts a worker for each step and the HTTP API,
//! and stops them in order. What each step does is its own module's business.

mod consumers;
mod error;
mod keeper;
mod kept;
mod live_status;
mod options;
mod rates;
mod rebuild;
mod stopped_status;
mod views;
mod workers;

pub use error::PipelineError;
pub use options::PipelineOptions;
pub use rebuild::{Rebuilt, check_state, is_left_by_rebuild, rebuild};
pub use stopped_status::stopped_status;

use crate::api::{self, ApiState};
use crate::champion_watch::watch_champion;
use crate::counters::{ClassifyCounters, Counters};
use crate::log::{Log, LogError, LogOptions};
use crate::patience::Problems;
use crate::state_folder;
use crate::status::Status;
use live_status::LiveStatus;
use rates::RateMeter;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::clock;
use wikisentry_lake::registry::Registry;
use workers::Workers;

/// A look into the log takes far less.
const LOOKER_GRACE: Duration = Duration::from_secs(10);

/// A pipeline that runs. Its threads end with [`Pipeline::stop`], not with a drop.
pub struct Pipeline {
    live: Arc<LiveStatus>,
    workers: Workers,
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

        let registry = Registry::open(&state_folder::models(&options.state), &options.model.name);
        match registry.bootstrap() {
            // What is damaged is reported by who loads the champion, and does not keep edits from being
            // scored.
            Err(error) if !error.is_transient() => tracing::error!("{error}"),
            other => other?,
        }
        let champion = watch_champion(
            registry.clone(),
            options.model.reload_interval,
            problems.clone(),
            stop.child_token(),
        )?;
        let log = open_log(&state_folder::log(&options.state)).await?;
        let lake = Lake::new(state_folder::lake(&options.state));
        rebuild::check_log(&log, &lake)?;

        let scored_before = ClassifyCounters::committed(&log)?.scored;
        let (workers, views) =
            Workers::start(&options, &log, &lake, champion.clone(), &problems, stop)?;
        let rates = RateMeter::start(&views, workers.stop_token());
        let live = Arc::new(LiveStatus {
            log: log.clone(),
            lake,
            registry: registry.clone(),
            state: options.state,
            source_name: options.source_name,
            source_end: options.source_end,
            views,
            rates,
            problems,
            started_at: clock::now(),
            scored_before,
            api: address,
            webhook: workers.webhook(),
        });
        let seen = Arc::clone(&live);
        let state = ApiState {
            champion,
            log,
            registry,
            allowed_hosts: options.api.allowed_hosts.clone().into(),
            score_bots: options.model.score_bots,
            status: Arc::new(move || seen.status()),
            stop: workers.stop_token(),
            limits: api::Limits::default(),
        };
        workers.serve(listener, state, options.api.max_body_bytes);
        Ok(Self { live, workers })
    }

    /// Where the API listens.
    pub fn api(&self) -> SocketAddr {
        self.live.api
    }

    /// The whole status, as of now.
    pub fn status(&self) -> Status {
        self.live.status()
    }

    /// The topics, for views within the process.
    pub fn log(&self) -> &Log {
        &self.live.log
    }

    /// Waits until a worker ends with an error that does not pass.
    pub async fn failed(&mut self) -> PipelineError {
        self.workers.failed().await
    }

    /// Stops all workers; what was taken is on disk and in the lake when this returns.
    pub async fn stop(self) -> Result<(), PipelineError> {
        self.workers.stop().await
    }
}

/// Opens the log, waiting for commands that only look into it: a `status` or `tail` that found nothing
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
