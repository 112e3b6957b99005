//! Starts the process in the background and waits for its first scored edit, or runs it here.

use super::{Client, Embedded, Instance, Running, background, foreground, stop};
use crate::amounts;
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::platform::{ReplayRequest, StartRequest, Started};
use crate::runtime::{self, unless_interrupted};
use crate::stage::{OnStage, Outcome, StageEvent};
use crate::state::StateDir;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use wikisentry_engine::status::{Problem, Status};

/// How long the process may take to open its state: a large log is checked first.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// How often the platform is asked how far it is.
const POLL: Duration = Duration::from_millis(50);
/// Figures of the workers are settled after this time.
const SETTLED: Duration = Duration::from_secs(1);
/// Said where the first edit is no longer waited for.
const GOES_ON: &str = "the platform goes on in the background: `wikisentry status` shows its \
                       state, `wikisentry down` stops it";

const NEXT: &str = "next: `wikisentry status --watch`, `wikisentry tail edits.classified --follow`";

impl Embedded {
    pub(in crate::platform) fn start(
        &self,
        request: &StartRequest,
        on_stage: OnStage<'_>,
    ) -> Result<Started> {
        if request.until.is_some() || request.force {
            return ExpectedError::usage("--until and --force belong to the profile k3d")
                .help("give `--profile k3d` too")
                .fail();
        }
        if request.foreground && !request.restart {
            return foreground::run(&self.settings, &self.state, request);
        }
        let runtime = runtime::single()?;
        if let Some(instance) = runtime.block_on(self.running())? {
            if !request.restart {
                return runtime.block_on(self.beside(&instance, request));
            }
            self.check_in_place_of(&instance, request)?;
            stop_first(&instance, &self.state, on_stage)?;
        }
        if request.foreground {
            return foreground::run(&self.settings, &self.state, request);
        }
        runtime.block_on(unless_interrupted(
            self.start_behind(request, on_stage),
            GOES_ON,
        ))
    }

    /// Starts a process and waits for its first edit.
    async fn start_behind(&self, request: &StartRequest, on_stage: OnStage<'_>) -> Result<Started> {
        let name = "start the platform";
        let began = Instant::now();
        on_stage(StageEvent::started(name));
        let started = background::start(&self.state, request)?;
        let (outcome, instance) = match started.wait(&self.state, START_DEADLINE).await {
            Ok(instance) => (Outcome::Done, Ok(instance)),
            Err(error) => (Outcome::Failed, Err(error)),
        };
        on_stage(StageEvent::finished(name, began.elapsed(), outcome));
        match (instance, self.running().await?) {
            (Ok(instance), _) => first_score(&instance, request, on_stage).await,
            // Another `up` was faster.
            (Err(error), Some(instance)) if error.exit_status() == ExitStatus::Refused => {
                self.beside(&instance, request).await
            }
            (Err(error), _) => Err(error),
        }
    }

    /// The process that runs. One that starts at this moment is waited for.
    async fn running(&self) -> Result<Option<Instance>> {
        let began = Instant::now();
        while Instance::is_running(&self.state)? {
            let found = Instance::find(&self.state)?;
            if found.is_some() || began.elapsed() > START_DEADLINE {
                return Ok(found);
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(None)
    }

    /// What a start comes to while a process runs: nothing, if it is the one that is asked for.
    async fn beside(&self, instance: &Instance, request: &StartRequest) -> Result<Started> {
        let asked = Running::of(&self.settings, request.replay.as_ref())?;
        let mut differences = instance.differences(&asked);
        if request.rebuild {
            differences.push("it writes the log that --rebuild sets aside".to_owned());
        }
        if !differences.is_empty() {
            return Err(not_as_asked(instance, differences).into());
        }
        let since = instance.started_at;
        let status = Client::new(instance)?.status().await?;
        let note = "nothing to do. `wikisentry status` shows its state";
        Ok(started(
            &status,
            &[&format!("already running since {since}; {note}")],
        ))
    }
}

/// Ends a process so that another can take its place.
pub fn stop_first(instance: &Instance, state: &StateDir, on_stage: OnStage<'_>) -> Result<()> {
    let began = Instant::now();
    stop(instance, state)?;
    let name = "stop the platform";
    on_stage(StageEvent::started(name));
    on_stage(StageEvent::finished(name, began.elapsed(), Outcome::Done));
    Ok(())
}

/// The refusal of a start while a process runs that differs from what is asked for.
pub fn not_as_asked(instance: &Instance, differences: Vec<String>) -> ExpectedError {
    let since = instance.started_at;
    let what = format!("the platform is running since {since}, and not as asked for");
    let mut refusal = ExpectedError::refused(what);
    refusal.why = differences;
    refusal.help(
        "the same command with `--restart` stops it and starts it as asked for; nothing is lost \
         by it",
    )
}

/// Waits for the feed and the first edit that this process scores; gives up waiting, not the
/// platform.
async fn first_score(
    instance: &Instance,
    request: &StartRequest,
    on_stage: OnStage<'_>,
) -> Result<Started> {
    let (replay, timeout) = (request.replay.as_ref(), request.timeout);
    let client = Client::new(instance)?;
    let began = Instant::now();
    let (connect, score) = ("connect to the feed", "score the first edit");
    on_stage(StageEvent::started(connect));
    let mut connected: Option<Instant> = None;
    let mut end = None;
    loop {
        let status = client.status().await?;
        let mut feed = status.feed.iter();
        let is_connected = feed.any(|feed| matches!(feed.state.as_str(), "connected" | "ended"));
        if connected.is_none() && is_connected {
            let outcome = Outcome::Done;
            on_stage(StageEvent::finished(connect, began.elapsed(), outcome));
            on_stage(StageEvent::started(score));
            connected = Some(Instant::now());
        }
        let scored = status.process.as_ref().map_or(0, |process| process.scored);
        if let Some(since) = connected.filter(|_| scored > 0) {
            on_stage(StageEvent::finished(score, since.elapsed(), Outcome::Done));
            let model = status.flow.model.as_ref();
            let model = model.map_or("the model", |model| &model.version);
            let api = &instance.api;
            let note = format!("running: edits are scored by {model}, API at {api}");
            let read = replay.and_then(|_| streams_read(&status));
            let read = read.map(|streams| format!("the replay reads {streams}"));
            let notes: Vec<&str> = read.iter().map(String::as_str).collect();
            return Ok(started(
                &status,
                &[&notes[..], &[note.as_str(), NEXT]].concat(),
            ));
        }
        if timeout.is_zero() {
            let note = "running; its first edit was not waited for";
            return Ok(started(&status, &[note]));
        }
        let quiet = connected.filter(|since| since.elapsed() > SETTLED);
        if let Some((since, replay)) = quiet.zip(replay)
            && is_over(end_of(replay, &mut end)?, &status)
        {
            // After a rebuild the counters begin at 0 again, and the lake may hold all of it.
            if status.flow.scored == Some(0) && !request.rebuild {
                on_stage(StageEvent::finished(
                    score,
                    since.elapsed(),
                    Outcome::Failed,
                ));
                return Err(nothing_to_score(&status).into());
            }
            let told = Outcome::Told("read before".to_owned());
            on_stage(StageEvent::finished(score, since.elapsed(), told));
            let note = "running, and nothing new will come: the recording was read to its end \
                        before. `wikisentry down --purge` removes its state, so that it can be \
                        played again; `wikisentry up --restart` reads the live feed";
            return Ok(started(&status, &[note]));
        }
        let stage = if connected.is_some() { score } else { connect };
        if let Some(problem) = status.problems.iter().find(is_in_the_way) {
            on_stage(StageEvent::Waiting {
                stage: stage.to_owned(),
                why: problem.message.clone(),
            });
        }
        if began.elapsed() > timeout {
            on_stage(StageEvent::finished(stage, timeout, Outcome::Failed));
            return Err(not_in_time(&status, timeout).into());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The end of a recording, by topic; it is read only if no edit comes, and once.
fn end_of<'e>(
    replay: &ReplayRequest,
    known: &'e mut Option<BTreeMap<String, u64>>,
) -> Result<&'e BTreeMap<String, u64>> {
    let end = match known.take() {
        Some(end) => end,
        None => replay.open()?.end(),
    };
    Ok(known.insert(end))
}

/// The streams that the process is connected to, as its URL names them.
fn streams_read(status: &Status) -> Option<String> {
    let url = status.feed.as_ref()?.detail.as_deref()?;
    let path = url.split('?').next()?;
    Some(path.rsplit('/').next()?.replace(',', ", "))
}

/// Whether nothing of a recording with these ends is left to come, and all that came was looked at.
fn is_over(ends: &BTreeMap<String, u64>, status: &Status) -> bool {
    if ends.is_empty() {
        return true;
    }
    let bookmark = status.flow.bookmark.as_ref();
    bookmark.is_some_and(|bookmark| bookmark.is_at(ends)) && status.flow.lag == Some(0)
}

fn started(status: &Status, notes: &[&str]) -> Started {
    Started {
        data: json!(status),
        notes: notes.iter().map(|note| (*note).to_owned()).collect(),
    }
}

fn nothing_to_score(status: &Status) -> ExpectedError {
    let what = "the recording was read to its end, and no edit in it was scored";
    let (received, unreadable) = (status.flow.received, status.flow.deadletter);
    if received == unreadable {
        return ExpectedError::usage("the recording holds no event that could be read")
            .help("`wikisentry tail deadletter` shows why; `wikisentry down` stops the platform");
    }
    let known = |amount: Option<u64>| amounts::count(amount.unwrap_or(0));
    let (received, unreadable) = (known(received), known(unreadable));
    ExpectedError::timed_out(what)
        .because(format!(
            "of {received} events {unreadable} could not be read; the others are by bots, or no edits"
        ))
        .help(
            "`wikisentry tail deadletter` shows what could not be read; `wikisentry down` stops the \
             platform",
        )
}

/// Whether something is wrong on the way of an edit to its score.
fn is_in_the_way(problem: &&Problem) -> bool {
    ["feed", "ingest", "classify", "model"].contains(&problem.component.as_str())
}

fn not_in_time(status: &Status, timeout: Duration) -> ExpectedError {
    let seconds = timeout.as_secs();
    let what = format!("no edit was scored within {seconds} s");
    let mut error = ExpectedError::timed_out(what);
    let problems = status.problems.iter().filter(is_in_the_way);
    let (why, mut help): (Vec<_>, Vec<_>) = problems
        .map(|problem| (problem.message.clone(), problem.help.clone()))
        .unzip();
    error.why = why;
    help.push(format!("it tries again by itself; {GOES_ON}"));
    error.help(help.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_waited_for_is_not_laid_to_what_is_not_in_its_way() {
        let problem =
            |component: &str| Problem::new(component, format!("{component}!"), "repair it");
        let status = Status {
            problems: ["lake", "feed", "alert", "model"].map(problem).into(),
            ..Status::default()
        };
        let error = not_in_time(&status, Duration::from_secs(3));
        assert_eq!(error.why, ["feed!", "model!"]);
        let help = error.help.expect("advice");
        assert!(
            help.starts_with("repair it\nrepair it\nit tries again"),
            "{help}"
        );
    }
}
