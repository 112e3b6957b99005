//! `wikisentry up`: starts the platform and returns when the first edit is scored.

mod data_layer;

use super::Context;
use super::plan::Choice;
use crate::config::{Override, Profile, Settings};
use crate::data_layer::Workspace;
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::learning::Schedule;
use crate::platform::{Client, Instance, Platform, Replay, start};
use crate::report::Stages;
use crate::stage::{Outcome, StageEvent};
use crate::state::StateDir;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};
use wikisentry_engine::status::Status;
use wikisentry_replay::{Faults, Rate, ReplayOptions, ReplaySource};

/// How long the process may take to open its state: a large log is checked first.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// How often the platform is asked how far it is.
const POLL: Duration = Duration::from_millis(50);

/// Arguments of `up`.
///
/// Starts the platform in the background and returns when the first edit is scored, or says what
/// it waits for. If it runs already, nothing changes.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    choice: Choice,

    /// Go up to this stage of the profile k3d
    #[arg(long, value_enum, value_name = "STAGE")]
    until: Option<Until>,

    /// Start though the budget says that there is no room
    #[arg(long)]
    force: bool,

    /// Stay in the foreground and log to standard error; Ctrl-C stops the platform
    #[arg(long, short)]
    pub foreground: bool,

    /// Read a recording instead of the feed: `sample`, `simulation`, or a file of events
    #[arg(long, value_name = "sample|simulation|FILE")]
    replay: Option<String>,

    /// Speed of the replay: events a second, or max
    #[arg(long, value_name = "N|max", default_value = "max", requires = "replay")]
    rate: Rate,

    /// How often the recording is played
    #[arg(long, value_name = "N", default_value = "1", requires = "replay")]
    repeat: NonZeroU32,

    /// What goes wrong in the replay, as `wikisentry replay --help` tells
    #[arg(long, value_name = "SPEC", default_value = "", requires = "replay")]
    faults: String,

    /// Seed of the faults
    #[arg(long, value_name = "N", default_value = "0", requires = "faults")]
    seed: u64,

    /// Set a damaged log aside, and read the stream again from where the lake ends
    #[arg(long)]
    rebuild: bool,

    /// Wait this many seconds for the first scored edit
    #[arg(long, value_name = "SECONDS", default_value = "15")]
    timeout: u64,
}

const EXAMPLES: &str = "\
Examples:
  wikisentry up                          the live feed
  wikisentry up --replay sample          recorded edits, for a machine without the feed
  wikisentry up --replay simulation      labelled edits and their reverts, to learn from
  wikisentry up --foreground             stay attached, log to the terminal
  wikisentry up --profile k3d --until data-layer
                                         Kafka, Kafka Connect and MinIO in Docker";

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Until {
    /// Kafka, Kafka Connect and MinIO, with edits arriving
    DataLayer,
}

/// Starts the platform.
///
/// # Errors
/// If something is in the way; what it is and what to do is said.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let settings = context.settings(args.choice.overrides())?.settings;
    let state = context.state()?;
    if settings.profile == Profile::K3d {
        return data_layer::run(&args, &settings, &state, context);
    }
    if args.until.is_some() || args.force {
        return Err(
            ExpectedError::usage("--until and --force belong to the profile k3d")
                .help("give `--profile k3d` too")
                .into(),
        );
    }
    check_profile(&settings, &state, context)?;
    if args.foreground {
        let flags = context.flags(args.choice.overrides());
        return foreground(&args, settings, &state, flags);
    }
    if let Some(instance) = Instance::find(&state)? {
        context.report.note(format_args!(
            "already running since {}; nothing to do. `wikisentry status` says how it does",
            instance.started_at
        ));
        return Ok(ExitStatus::Fine);
    }
    // What the command line says wrong is said here, not in a log.
    args.recording()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut stages = context.report.stages();
    let instance = stage(&mut stages, "start the platform", || {
        let flags = context.flags(args.choice.overrides());
        start(&state, &arguments(&args, context), &flags)?.wait(&state, START_DEADLINE)
    })?;
    let status = runtime.block_on(first_score(&instance, &args, &mut stages))?;
    stages.close();
    conclude(&instance, &status, context)
}

/// The platform in this process.
fn foreground(
    args: &Args,
    settings: Settings,
    state: &StateDir,
    flags: Vec<Override>,
) -> Result<ExitStatus> {
    let schedule = Schedule::of(&settings, state, flags);
    let replay = args.recording()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let platform = Platform::start(settings, state, replay, args.rebuild).await?;
        tracing::info!("running; API at http://{}", platform.pipeline.api());
        let retraining = schedule.map(|schedule| tokio::spawn(schedule.run()));
        let ended = platform.run(state).await;
        if let Some(retraining) = retraining {
            // The process that retrains ends with it.
            retraining.abort();
            _ = retraining.await;
        }
        ended
    })
}

impl Args {
    /// The recording to replay, if one is asked for.
    fn recording(&self) -> Result<Option<Replay>> {
        let Some(name) = &self.replay else {
            return Ok(None);
        };
        let source = ReplaySource::named(name).map_err(|error| {
            ExpectedError::usage("the recording cannot be replayed")
                .caused_by(&error)
                .help("give a file of events, one JSON object a line, or `sample`, or `simulation`")
        })?;
        let faults: Faults = self
            .faults
            .parse()
            .map_err(|error| ExpectedError::usage("--faults").caused_by(&error))?;
        let options = ReplayOptions {
            rate: self.rate,
            repeat: self.repeat,
            faults,
            seed: self.seed,
            ..ReplayOptions::default()
        };
        Ok(Some(Replay { source, options }))
    }
}

/// The profiles that run in one process.
fn check_profile(settings: &Settings, state: &StateDir, context: &Context) -> Result<()> {
    if Workspace::of(state).is_up() {
        return Err(
            ExpectedError::new(ExitStatus::Refused, "the data layer in Docker is up")
                .because("both profiles on one state would mix their records")
                .help("stop it first: `wikisentry down`; or set WIKISENTRY_HOME to another folder")
                .into(),
        );
    }
    match settings.profile {
        Profile::Embedded => Ok(()),
        Profile::Auto => {
            context
                .report
                .note("profile embedded: everything in one process");
            Ok(())
        }
        other => {
            let name = format!("{other:?}").to_lowercase();
            Err(
                ExpectedError::usage(format!("profile {name} is not part of this version"))
                    .help("run the platform in one process: `wikisentry up --profile embedded`")
                    .into(),
            )
        }
    }
}

/// The command line of the background process: this one, in the foreground.
fn arguments(args: &Args, context: &Context) -> Vec<String> {
    let mut line = vec![
        "up".to_owned(),
        "--foreground".to_owned(),
        "--color=never".to_owned(),
    ];
    if let Some(config) = &context.global.config {
        line.push(format!("--config={}", config.display()));
    }
    if let Some(replay) = &args.replay {
        // The process may outlive the folder that the name is relative to.
        let replay = match replay.as_str() {
            bundled if ReplaySource::BUNDLED.contains(&bundled) => replay.clone(),
            file => {
                std::path::absolute(file).map_or(file.to_owned(), |path| path.display().to_string())
            }
        };
        line.push(format!("--replay={replay}"));
        line.push(format!("--repeat={}", args.repeat));
        if let Rate::PerSecond(rate) = args.rate {
            line.push(format!("--rate={rate}"));
        }
        if !args.faults.is_empty() {
            line.push(format!("--faults={}", args.faults));
            line.push(format!("--seed={}", args.seed));
        }
    }
    if args.rebuild {
        line.push("--rebuild".to_owned());
    }
    line
}

/// Waits for the feed and the first scored edit; gives up waiting, not the platform.
async fn first_score(instance: &Instance, args: &Args, stages: &mut Stages) -> Result<Status> {
    let client = Client::new(instance)?;
    let begun = Instant::now();
    let (connect, score) = ("connect to the feed", "score the first edit");
    stages.on(StageEvent::Started {
        stage: connect.to_owned(),
    });
    let mut connected: Option<Instant> = None;
    loop {
        let status = client.status().await?;
        let feed_up = status
            .feed
            .as_ref()
            .is_some_and(|feed| feed.state == "connected");
        if feed_up && connected.is_none() {
            let elapsed = begun.elapsed();
            stages.on(finished(connect, elapsed));
            stages.on(StageEvent::Started {
                stage: score.to_owned(),
            });
            connected = Some(Instant::now());
        }
        if let (Some(since), true) = (connected, status.scored > 0) {
            stages.on(finished(score, since.elapsed()));
            return Ok(status);
        }
        let stage = if connected.is_some() { score } else { connect };
        if let Some(trouble) = status.problems.first() {
            let why = trouble.message.clone();
            stages.on(StageEvent::Waiting {
                stage: stage.to_owned(),
                why,
            });
        }
        if begun.elapsed() > Duration::from_secs(args.timeout) {
            return Ok(status);
        }
        tokio::time::sleep(POLL).await;
    }
}

fn conclude(instance: &Instance, status: &Status, context: &Context) -> Result<ExitStatus> {
    if context.report.is_json() {
        context.report.json(status)?;
    }
    let report = &context.report;
    if status.scored > 0 {
        let model = status
            .model
            .as_ref()
            .map_or("the model", |model| &model.version);
        report.note(format_args!(
            "running: edits are scored by {model}, API at {}\n\
             next: `wikisentry status --watch`, `wikisentry tail edits.classified --follow`",
            instance.api
        ));
        return Ok(ExitStatus::Fine);
    }
    for trouble in &status.problems {
        report.warn(format_args!("{}; {}", trouble.message, trouble.help));
    }
    report.note(format_args!(
        "running, but no edit is scored yet: it waits for the feed and tries again by itself. \
         `wikisentry status` says how it does; API at {}",
        instance.api
    ));
    Ok(ExitStatus::Fine)
}

fn stage<T>(stages: &mut Stages, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let begun = Instant::now();
    stages.on(StageEvent::Started {
        stage: name.to_owned(),
    });
    let done = work();
    let outcome = if done.is_ok() {
        Outcome::Done
    } else {
        Outcome::Failed
    };
    stages.on(StageEvent::Finished {
        stage: name.to_owned(),
        elapsed: begun.elapsed(),
        outcome,
    });
    done
}

fn finished(stage: &str, elapsed: Duration) -> StageEvent {
    StageEvent::Finished {
        stage: stage.to_owned(),
        elapsed,
        outcome: Outcome::Done,
    }
}
