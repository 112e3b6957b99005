//! The platform in this process: the pipeline, the replay it may read from, and the lock on the
//! state folder.

use super::background::keep_log_small;
use super::replayed::streams_to_read;
use super::{Instance, InstanceLock, Running, open_files};
use crate::config::{Profile, Settings};
use crate::error::{Error, ExpectedError, Result};
use crate::learning::Schedule;
use crate::platform::{Remembered, Replay, StartRequest, Started, take_turn, unplayable};
use crate::runtime::{self, StopSignals};
use crate::state::StateDir;
use std::collections::BTreeMap;
use wikisentry_engine::log::LogError;
use wikisentry_engine::runtime::{Pipeline, PipelineError, PipelineOptions, rebuild};
use wikisentry_http::without_secret;
use wikisentry_lake::clock;
use wikisentry_replay::{ReplayHandle, serve};

/// Runs the platform here until a signal stops it; retrains beside it on schedule.
pub(super) fn run(
    settings: &Settings,
    state: &StateDir,
    request: &StartRequest,
) -> Result<Started> {
    open_files::allow_many();
    let schedule = Schedule::of(settings.learning.every, state);
    let replay = request.replay.as_ref().map(|replay| replay.open());
    let replay = replay.transpose()?;
    let _turn = take_turn(&state.home())?;
    runtime::pooled()?.block_on(async {
        let process = Process::start(settings.clone(), state, replay, request.rebuild).await?;
        let earlier = Remembered::load(state).ok().flatten();
        Remembered::of(request, Profile::Embedded, earlier.as_ref()).store(state)?;
        tracing::info!("running; API at http://{}", process.pipeline.api());
        let retraining = schedule.map(|schedule| tokio::spawn(schedule.run()));
        let ended = tokio::select! {
            ended = process.run(state) => ended,
            never = keep_log_small(state) => match never {},
        };
        if let Some(retraining) = retraining {
            // The process that retrains ends with it.
            retraining.abort();
            _ = retraining.await;
        }
        ended.map(|()| Started::default())
    })
}

/// The platform, running in this process.
pub struct Process {
    pub pipeline: Pipeline,
    replay: Option<ReplayHandle>,
    lock: InstanceLock,
}

impl Process {
    /// Starts the platform on a state folder.
    ///
    /// # Errors
    /// With exit code 7 if another process runs on it, 3 if something is in the way.
    pub async fn start(
        mut settings: Settings,
        state: &StateDir,
        replay: Option<Replay>,
        set_log_aside: bool,
    ) -> Result<Self> {
        let Some(lock) = InstanceLock::take(state)? else {
            return ExpectedError::refused("the platform is already running")
                .because(format!("another process holds {}", state.root().display()))
                .help("look at it with `wikisentry status`, or stop it with `wikisentry down`")
                .fail();
        };
        let request = replay.as_ref().and_then(|replay| replay.request.as_ref());
        let running = Running::of(&settings, request)?;
        let (replay, source_name, source_end) = match replay {
            Some(Replay {
                source, options, ..
            }) => {
                let name = format!("replay of {}", source.name());
                let handle = serve(source, options)
                    .await
                    .map_err(|error| unplayable(&error))?;
                let recorded = handle.recording().events_by_stream();
                settings.source.streams = streams_to_read(&recorded, &settings.source.streams)?;
                let read = settings.source.streams.join(", ");
                tracing::info!("the replay reads {read}");
                settings.source.url = handle.base_url();
                settings.source.since = String::new();
                let end = handle.recording().end_offsets().into_iter();
                let end = end.map(|(topic, end)| (topic.to_owned(), end)).collect();
                (Some(handle), name, end)
            }
            None => (None, without_secret(&settings.source.url), BTreeMap::new()),
        };
        let options = PipelineOptions {
            state: state.root().to_owned(),
            source_name: source_name.clone(),
            source_end,
            source: settings.source,
            log: settings.log,
            model: settings.model,
            archive: settings.archive,
            alerts: settings.alerts,
            api: settings.api,
        };
        if set_log_aside {
            let rebuilt = rebuild(&options).map_err(|error| refusal(error, state))?;
            tracing::info!(?rebuilt, "a new log was begun");
        }
        let pipeline = Pipeline::start(options)
            .await
            .map_err(|error| refusal(error, state))?;
        lock.announce(&Instance {
            pid: std::process::id(),
            api: format!("http://{}", pipeline.api()),
            started_at: clock::now(),
            source: source_name,
            running: Some(running),
        })?;
        Ok(Self {
            pipeline,
            replay,
            lock,
        })
    }

    /// The replay that is read, if any.
    pub fn replay(&self) -> Option<&ReplayHandle> {
        self.replay.as_ref()
    }

    /// Runs until told to stop or until something fails that waiting does not cure.
    pub async fn run(mut self, state: &StateDir) -> Result<()> {
        let mut stop = StopSignals::listen()?;
        let failure = tokio::select! {
            name = stop.received() => {
                tracing::info!("{name}: stopping");
                None
            }
            failure = self.pipeline.failed() => Some(failure),
        };
        let stopped = self.stop(state).await;
        match failure {
            Some(failure) => Err(refusal(failure, state)),
            None => stopped,
        }
    }

    /// Stops; what was taken is on disk when this returns.
    pub async fn stop(self, state: &StateDir) -> Result<()> {
        let Self {
            pipeline,
            replay,
            lock,
        } = self;
        let stopped = pipeline.stop().await;
        if let Some(replay) = replay {
            replay.shutdown().await;
        }
        drop(lock);
        stopped.map_err(|error| refusal(error, state))
    }
}

/// What a person can do about it.
pub(super) fn refusal(error: PipelineError, state: &StateDir) -> Error {
    let preflight = || ExpectedError::preflight("the platform cannot run").caused_by(&error);
    match &error {
        PipelineError::Listen { listen, .. } => preflight().help(format!(
            "see who holds port {} (`ss -ltnp`), or choose another: \
             `wikisentry up --set api.listen=127.0.0.1:8001`",
            listen.port()
        )),
        PipelineError::Log(LogError::Corrupt { .. }) => preflight()
            .help("set the damaged log aside and read the stream again: `wikisentry up --rebuild`"),
        PipelineError::Log(LogError::Locked { .. }) => preflight().help(
            "a `wikisentry tail` or another command reads the log of the stopped platform: end it, \
             then `wikisentry up`",
        ),
        PipelineError::Log(_)
        | PipelineError::Archive(_)
        | PipelineError::Registry(_)
        | PipelineError::SetAside { .. } => preflight().help(format!(
            "free space on, or make writable, {}; then `wikisentry up`",
            state.root().display()
        )),
        PipelineError::ClockBehind(_) => preflight().help(
            "set the clock (`timedatectl` tells whether it is kept in step), then `wikisentry up \
             --rebuild`",
        ),
        PipelineError::LogMissing => preflight()
            .because(format!("{} was emptied or removed", state.log().display()))
            .help(format!(
                "`wikisentry up --rebuild` goes on where the lake ends; to begin with nothing, move \
                 {} away",
                state.lake().display()
            )),
        PipelineError::Source(_) | PipelineError::Alerter(_) | PipelineError::Webhook(_) => {
            let usage = ExpectedError::usage("the platform cannot run").caused_by(&error);
            usage.help("see `wikisentry config show`")
        }
        PipelineError::Thread(_) | PipelineError::Panicked(_) => {
            return Error::bug(error.to_string());
        }
    }
    .into()
}
