//! `wikisentry down`: stops the platform; with `--purge`, removes what it kept.

use super::Context;
use super::help::{self, Code};
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::platform::{RecordingState, Stopping};
use std::io::IsTerminal;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// Remove the log, the lake, the models and the logs, and of the profile k3d volumes and
    /// credentials, after asking; of the live feed also those of all recordings
    #[arg(long)]
    purge: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

const ABOUT: &str = "\
What was ingested stays; `up` goes on where it ended. With the profile k3d, its cluster, containers
and network are removed, and its volumes stay.";

const CODES: &[Code] = &[
    (ExitStatus::Fine, "it is stopped, or nothing ran"),
    (ExitStatus::TimedOut, "the process does not end"),
    (
        ExitStatus::Refused,
        "the purge was not confirmed, or the state is in use or not ours",
    ),
    (ExitStatus::Interrupted, ""),
];

const EXAMPLES: &str = "
  wikisentry down
  wikisentry down --purge  remove what was kept as well";

/// Stops the platform.
///
/// # Errors
/// With exit code 6 if the process does not end, 7 if the purge is not confirmed.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let state = context.state()?;
    let settings = context.settings(Vec::new());
    if let Err(error) = &settings {
        // What runs is stopped nevertheless.
        context.report.warn(error.in_one_line());
    }
    let settings = settings.map(|resolved| resolved.settings);
    let stopping = Stopping::find(settings, &state, context.remembered(), args.purge)?;
    if args.purge && !args.yes {
        confirm(&stopping.what_is_kept(), context)?;
    }
    let report = &context.report;
    let home = context.home()?;
    let stopped = report.with_stages(|on_stage| stopping.run(args.purge, on_stage));
    let mut notes = stopped?;
    if args.purge && state != home {
        RecordingState::forget(&home)?;
        notes.push(
            "commands are about the live feed again; its log, lake and models were not touched"
                .to_owned(),
        );
    }
    if report.is_json() {
        report.json(&serde_json::json!({"notes": notes, "purged": args.purge}))?;
    }
    for note in notes {
        report.note(note);
    }
    Ok(ExitStatus::Fine)
}

fn confirm(what: &str, context: &Context) -> Result<()> {
    let refused = |why: &str| {
        ExpectedError::refused("nothing was removed")
            .because(why.to_owned())
            .help("to remove it without being asked: `wikisentry down --purge --yes`")
    };
    if !std::io::stdin().is_terminal() {
        return Err(refused("there is no terminal to ask for confirmation").into());
    }
    // A question of one line: the terminal takes no more than that back after the answer.
    context.report.note(format_args!("this removes {what}"));
    let confirmed = dialoguer::Confirm::new()
        .with_prompt("Remove it?")
        .default(false)
        .interact()
        .map_err(|error| refused(&error.to_string()))?;
    match confirmed {
        true => Ok(()),
        false => ExpectedError::refused("nothing was removed")
            .because("the answer was no")
            .help("nothing was stopped either: `wikisentry down` does that alone")
            .fail(),
    }
}
