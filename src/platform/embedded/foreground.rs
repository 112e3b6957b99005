//! The platform in this process: the pipeline, the replay it may read from, and the lock on the
//! state folder.

use super::{Instance, InstanceLock};
use crate::config::Settings;
use crate::error::{Error, ExitStatus, ExpectedError, Result};
use crate::state::StateDir;
use tokio::signal::unix::{SignalKind, signal};
use wikisentry_engine::log::LogError;
use wikisentry_engine::runtime::{Pipeline, PipelineError, PipelineOptions, rebuild};
use wikisentry_lake::clock;
use wikisentry_replay::{ReplayError, ReplayHandle, ReplayOptions, ReplaySource, serve};

/// A recording to read instead of the feed.
pub struct Replay {
    /// The recording.
    pub source: ReplaySource,
    /// How it is replayed.
    pub options: ReplayOptions,
}

/// A platform that runs in this process.
pub struct Platform {
    /// The pipeline.
    pub pipeline: Pipeline,
    replay: Option<ReplayHandle>,
    lock: InstanceLock,
}

impl Platform {
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
            return Err(
                ExpectedError::new(ExitStatus::Refused, "the platform is already running")
                    .because(format!("another process holds {}", state.root().display()))
                    .help("look at it with `wikisentry status`, or stop it with `wikisentry down`")
                    .into(),
            );
        };
        let (replay, source_name) = match replay {
            Some(Replay { source, options }) => {
                let name = format!("replay of {}", source.name());
                let handle = serve(source, options).await.map_err(unplayable)?;
                settings.source.url = handle.base_url();
                settings.source.since = String::new();
                (Some(handle), name)
            }
            None => (None, settings.source.url.to_string()),
        };
        let options = PipelineOptions {
            state: state.root().to_owned(),
            source_name: source_name.clone(),
            source: settings.source,
            log: settings.log,
            model: settings.model,
            archive: settings.archive,
            alerts: settings.alerts,
            api: settings.api,
        };
        if set_log_aside {
            let rebuilt = rebuild(&options).map_err(|error| explain(error, state))?;
            tracing::info!(?rebuilt, "began a new log");
        }
        let pipeline = Pipeline::start(options)
            .await
            .map_err(|error| explain(error, state))?;
        lock.announce(&Instance {
            pid: std::process::id(),
            api: format!("http://{}", pipeline.api()),
            started_at: clock::now(),
            source: source_name,
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

    /// Runs until told to stop or until something fails that waiting does not mend.
    ///
    /// # Errors
    /// What failed.
    pub async fn run(mut self, state: &StateDir) -> Result<ExitStatus> {
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
            Some(failure) => Err(explain(failure, state)),
            None => stopped.map(|()| ExitStatus::Fine),
        }
    }

    /// Stops; what was taken is on disk when this returns.
    ///
    /// # Errors
    /// What failed meanwhile.
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
        stopped.map_err(|error| explain(error, state))
    }
}

/// The signals that ask a process to end. A closed terminal is none of them: `SIGHUP` is ignored.
pub(crate) struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl StopSignals {
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    pub(crate) async fn received(&mut self) -> &'static str {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return "interrupted",
                _ = self.terminate.recv() => return "terminated",
                _ = self.hangup.recv() => {}
            }
        }
    }
}

fn unplayable(error: ReplayError) -> Error {
    ExpectedError::usage("the recording cannot be replayed")
        .caused_by(&error)
        .help("give a file of events, one JSON object a line, plain or gzipped; or `sample`, or `simulation`")
        .into()
}

/// What a person can do about it.
fn explain(error: PipelineError, state: &StateDir) -> Error {
    let what = "the platform cannot run";
    let expected = |exit_code| ExpectedError::new(exit_code, what).caused_by(&error);
    match &error {
        PipelineError::Listen { listen, .. } => expected(ExitStatus::Preflight)
            .help(format!(
                "see who holds port {} (`ss -ltnp`), or choose another: \
                 `wikisentry up --set api.listen=127.0.0.1:8001`",
                listen.port()
            ))
            .into(),
        PipelineError::Log(LogError::Corrupt { .. }) => expected(ExitStatus::Preflight)
            .help("set the damaged log aside and read the stream again: `wikisentry up --rebuild`")
            .into(),
        PipelineError::Log(_)
        | PipelineError::Archive(_)
        | PipelineError::Facts(_)
        | PipelineError::Registry(_)
        | PipelineError::SetAside { .. } => expected(ExitStatus::Preflight)
            .help(format!(
                "free space on, or make writable, {}; then `wikisentry up`",
                state.root().display()
            ))
            .into(),
        PipelineError::Source(_) | PipelineError::Alerter(_) | PipelineError::Webhook(_) => {
            expected(ExitStatus::Usage)
                .help("see `wikisentry config show`")
                .into()
        }
        PipelineError::Thread(_) | PipelineError::Api(_) | PipelineError::Panicked(_) => {
            Error::bug(error.to_string())
        }
    }
}
