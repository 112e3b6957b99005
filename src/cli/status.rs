//! `wikisentry status`: the state of the platform, and what to do about what is wrong.

use super::Context;
use super::help::{self, Code};
use crate::error::{ExitStatus, Result, even_if_unread};
use crate::text::harmless;
use std::time::Duration;
use wikisentry_engine::status::Health;

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
    let platform = context.platform()?;
    let start = context.up_command();
    let mut look = platform.watch()?;
    let report = &context.report;
    let mut is_first = true;
    loop {
        let mut status = look()?;
        for problem in &mut status.problems {
            problem.help = context.advised(&problem.help);
        }
        // Not before there is something to put in its place.
        if args.watch.is_some() && (report.out_is_terminal() || !is_first) {
            report.redraw()?;
        }
        is_first = false;
        let Some(seconds) = args.watch else {
            let said = report.status(&status, &start);
            even_if_unread(said.and_then(|()| report.flush()))?;
            if let Some(recording) = context.recording()? {
                let back = match status.health {
                    Health::NotRunning => "wikisentry up",
                    _ => "wikisentry up --restart",
                };
                report.note(format_args!(
                    "this is the recording {}, with a log, a lake and models of its own; `{back}` \
                     goes back to the live feed",
                    harmless(&recording.name)
                ));
            }
            return Ok(exit_status(status.health));
        };
        report.watched_status(&status, &start)?;
        report.flush()?;
        std::thread::sleep(Duration::from_secs(seconds.into()));
    }
}

fn exit_status(health: Health) -> ExitStatus {
    match health {
        Health::Healthy => ExitStatus::Fine,
        Health::Degraded => ExitStatus::Degraded,
        Health::NotRunning => ExitStatus::NotRunning,
    }
}
