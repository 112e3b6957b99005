//! `wikisentry status`: the state of the platform, and what to do about what is wrong.

use super::Context;
use super::help::{self, Code};
use crate::error::{ExitStatus, Result, even_if_unread};
use crate::report::Screen;
use crate::runtime::{self, StopSignals};
use crate::text::harmless;
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;
use wikisentry_engine::status::{Health, Status};

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of("", CODES, EXAMPLES))]
pub struct Args {
    /// Look again every so many seconds (2 if none are given), until Ctrl-C
    #[arg(long, short, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    watch: Option<u32>,
}

const CODES: &[Code] = &[
    (ExitStatus::Fine, "it runs and is healthy"),
    (
        ExitStatus::NotRunning,
        "the figures are those last committed",
    ),
    (
        ExitStatus::Degraded,
        "it is named, with what to do about it",
    ),
    (ExitStatus::TimedOut, ""),
];

const EXAMPLES: &str = "
  wikisentry status
  wikisentry status --watch 5
  wikisentry status --output json | jq .bookmark
  wikisentry status --output json | jq '.components[] | {name, state}'";

/// Shows the state once, or again and again.
///
/// # Errors
/// With exit code 5 if a process runs but does not answer.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    match args.watch {
        Some(seconds) => watch(Duration::from_secs(seconds.into()), context),
        None => once(context),
    }
}

fn once(context: &Context) -> Result<ExitStatus> {
    let platform = context.platform()?;
    let status = advised(platform.watch()?()?, context);
    let report = &context.report;
    let said = report.status(&status, &context.up_command());
    even_if_unread(said.and_then(|()| report.flush()))?;
    if let Some(recording) = context.recording()? {
        let back = match status.health {
            Health::NotRunning => "wikisentry up",
            _ => "wikisentry up --restart",
        };
        report.note(format_args!(
            "this is the recording {}, with a log, a lake and models of its own; `{back}` goes back \
             to the live feed",
            harmless(&recording.name)
        ));
    }
    Ok(exit_status(status.health))
}

/// Shows it until a signal comes, which is the ordinary end.
fn watch(pause: Duration, context: &Context) -> Result<ExitStatus> {
    let screen = context.report.screen();
    let (ended, end) = oneshot::channel();
    let ended_by = runtime::single()?.block_on(async {
        let mut stop = StopSignals::listen()?;
        let (own, global) = (screen.clone(), context.global.clone());
        // A thread of its own: it may wait long for what does not answer, and Ctrl-C does not.
        thread::spawn(move || ended.send(renew(pause, &own, &Context::new(global))));
        tokio::select! {
            _ = stop.received() => Ok(ExitStatus::Fine),
            // Without an answer it panicked, which was reported.
            end = end => end.unwrap_or(Ok(ExitStatus::Bug)),
        }
    });
    screen.close();
    ended_by
}

/// Renews the view until it cannot be shown any more.
fn renew(pause: Duration, screen: &Screen, context: &Context) -> Result<ExitStatus> {
    let platform = context.platform()?;
    let start = context.up_command();
    let mut look = platform.watch()?;
    loop {
        let status = advised(look()?, context);
        screen.draw(|report| report.watched_status(&status, &start))?;
        thread::sleep(pause);
    }
}

/// With what to do about problems as it is typed here.
fn advised(mut status: Status, context: &Context) -> Status {
    for problem in &mut status.problems {
        problem.help = context.advised(&problem.help);
    }
    status
}

fn exit_status(health: Health) -> ExitStatus {
    match health {
        Health::Healthy => ExitStatus::Fine,
        Health::Degraded => ExitStatus::Degraded,
        Health::NotRunning => ExitStatus::NotRunning,
    }
}
