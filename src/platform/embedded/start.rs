//! Starts the process in the background and waits for its first scored edit, or runs it here.

use super::{Client, Embedded, Instance, background, foreground};
use crate::error::{ExpectedError, Result};
use crate::platform::{StartRequest, Started};
use crate::runtime;
use crate::stage::{OnStage, Outcome, StageEvent};
use serde_json::json;
use std::time::{Duration, Instant};
use wikisentry_engine::status::Status;

/// How long the process may take to open its state: a large log is checked first.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// How often the platform is asked how far it is.
const POLL: Duration = Duration::from_millis(50);

impl Embedded {
    pub(in crate::platform) fn start(
        &self,
        request: &StartRequest,
        on_stage: OnStage<'_>,
    ) -> Result<Started> {
        if request.until.is_some() || request.force {
            return Err(
                ExpectedError::usage("--until and --force belong to the profile k3d")
                    .help("give `--profile k3d` too")
                    .into(),
            );
        }
        if request.foreground {
            foreground::run(&self.settings, &self.state, request)?;
            return Ok(Started::default());
        }
        if let Some(instance) = Instance::find(&self.state)? {
            let since = instance.started_at;
            let note = format!(
                "already running since {since}; nothing to do. `wikisentry status` shows its state"
            );
            return Ok(Started {
                notes: vec![note],
                ..Started::default()
            });
        }
        // What the command line says wrong is said here, not in a log.
        if let Some(replay) = &request.replay {
            replay.open()?;
        }
        let instance = stage(on_stage, "start the platform", || {
            background::start(&self.state, request)?.wait(&self.state, START_DEADLINE)
        })?;
        let runtime = runtime::single()?;
        let status = runtime.block_on(first_score(&instance, request.timeout, on_stage))?;
        conclude(&instance, &status)
    }
}

/// Waits for the feed and the first scored edit; gives up waiting, not the platform.
async fn first_score(
    instance: &Instance,
    timeout: Duration,
    on_stage: OnStage<'_>,
) -> Result<Status> {
    let client = Client::new(instance)?;
    let began = Instant::now();
    let (connect, score) = ("connect to the feed", "score the first edit");
    on_stage(StageEvent::started(connect));
    let mut connected: Option<Instant> = None;
    loop {
        let status = client.status().await?;
        let feed = status.feed.as_ref();
        let is_connected = feed.is_some_and(|feed| feed.state == "connected");
        if is_connected && connected.is_none() {
            on_stage(StageEvent::finished(
                connect,
                began.elapsed(),
                Outcome::Done,
            ));
            on_stage(StageEvent::started(score));
            connected = Some(Instant::now());
        }
        if let (Some(since), true) = (connected, has_scored(&status)) {
            on_stage(StageEvent::finished(score, since.elapsed(), Outcome::Done));
            return Ok(status);
        }
        if let Some(problem) = status.problems.first() {
            let stage = if connected.is_some() { score } else { connect };
            on_stage(StageEvent::Waiting {
                stage: stage.to_owned(),
                why: problem.message.clone(),
            });
        }
        if began.elapsed() > timeout {
            return Ok(status);
        }
        tokio::time::sleep(POLL).await;
    }
}

fn has_scored(status: &Status) -> bool {
    status.flow.scored.is_some_and(|scored| scored > 0)
}

fn conclude(instance: &Instance, status: &Status) -> Result<Started> {
    let api = &instance.api;
    let mut started = Started {
        data: json!(status),
        ..Started::default()
    };
    if has_scored(status) {
        let model = status.flow.model.as_ref();
        let model = model.map_or("the model", |model| &model.version);
        started.notes = vec![
            format!("running: edits are scored by {model}, API at {api}"),
            "next: `wikisentry status --watch`, `wikisentry tail edits.classified --follow`"
                .to_owned(),
        ];
        return Ok(started);
    }
    let problems = status.problems.iter();
    started.warnings = problems
        .map(|problem| format!("{}; {}", problem.message, problem.help))
        .collect();
    started.notes = vec![format!(
        "running, but no edit is scored yet: it waits for the feed and tries again by itself. \
         `wikisentry status` shows its state; API at {api}"
    )];
    Ok(started)
}

fn stage<T>(on_stage: OnStage<'_>, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let began = Instant::now();
    on_stage(StageEvent::started(name));
    let done = work();
    let outcome = match done {
        Ok(_) => Outcome::Done,
        Err(_) => Outcome::Failed,
    };
    on_stage(StageEvent::finished(name, began.elapsed(), outcome));
    done
}
