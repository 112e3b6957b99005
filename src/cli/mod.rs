//! The commands: each file holds one, with its arguments as typed, and reads like its manual page.
//! What a command needs is resolved first, then the work is called, then reported.
//!
//! How to add one is in docs/EXTENDING.md.

#[cfg(test)]
mod advised;
mod alerts;
mod completing;
mod completions;
mod config;
mod context;
mod credentials;
mod demo;
mod doctor;
mod down;
mod endpoints;
mod events;
mod explain;
mod global;
mod help;
mod images;
mod init;
mod lake;
mod logs;
mod man;
mod models;
mod plan;
mod predict;
mod render;
mod replay;
mod retrain;
mod selection;
mod status;
mod tail;
mod up;
mod version;

pub use context::Context;
pub use global::GlobalArgs;

use crate::error::{Error, ExitStatus, Result, even_if_unread};
use crate::report::{Color, Output, Report, logging};
use clap::{Parser, Subcommand};
use rustix::fs::Mode;
use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

/// Watch every edit on Wikimedia as it happens: ingested once, scored, archived, alerted on.
#[derive(Debug, Parser)]
#[command(name = "wikisentry", arg_required_else_help = true)]
#[command(version = version::SHORT, long_version = version::LONG)]
#[command(after_help = help::SHORT, after_long_help = help::of_all(), max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask a few questions and write the settings file
    ///
    /// Each question has a flag, and a question whose flag is given is not asked. Without a
    /// terminal nothing is asked, and the defaults stand.
    Init(init::Args),
    /// Start the platform
    Up(up::Args),
    /// Say what `up` would do, and whether there is room for it
    Plan(plan::Args),
    /// Stop the platform
    Down(down::Args),
    /// Play recorded edits through the whole platform, and show them
    Demo(demo::Args),
    /// Show the state of the platform, and what to do about what is wrong
    Status(status::Args),
    /// Show the records of a topic, and follow it
    Tail(tail::Args),
    /// Show the alerts
    Alerts(alerts::Args),
    /// Score raw events from a file or standard input; needs no running platform
    Predict(predict::Args),
    /// Say why an edit got its score
    Explain(explain::Args),
    /// Learn from what was reverted, and take a better model into use
    Retrain(retrain::Args),
    /// Show the versions of the model, compare them, promote one, go back
    Models(models::Args),
    /// Merge small files of the archived edits in the object store
    Lake(lake::Args),
    /// Serve a recording as the feed would, faults included
    Replay(replay::Args),
    /// Show what the background process, or the containers and pods, log
    Logs(logs::Args),
    /// Show the addresses of the HTTP API, or of the platform's parts
    Endpoints(endpoints::Args),
    /// Show the users and passwords of Kafka, Kafka Connect and MinIO
    Credentials(credentials::Args),
    /// Build the images of the data layer, list them, carry them to another machine
    Images(images::Args),
    /// Print what `up` applies to the cluster, or write it to a folder
    Render(render::Args),
    /// Look for what keeps the platform from running well
    Doctor(doctor::Args),
    /// Show the settings and where each came from
    Config(config::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Write the manual pages to a folder
    #[command(hide = true)]
    Man(man::Args),
}

impl Command {
    /// What is logged unless the user says otherwise: the platform itself tells of its work.
    fn log_level(&self) -> &'static str {
        match self {
            Self::Up(args) if args.foreground || args.handed_over => "info",
            // Its view shows the alerts already.
            Self::Demo(_) => "error",
            _ => "warn",
        }
    }

    /// Whether it writes at a place that the user names, for whomever that is.
    fn writes_for_others(&self) -> bool {
        match self {
            Self::Images(_) | Self::Man(_) => true,
            Self::Render(args) => args.writes_for_others(),
            Self::Models(args) => args.writes_for_others(),
            _ => false,
        }
    }

    fn run(self, context: &Context) -> Result<ExitStatus> {
        match self {
            Self::Init(args) => init::run(args, context),
            Self::Up(args) => up::run(args, context),
            Self::Plan(args) => plan::run(args, context),
            Self::Down(args) => down::run(args, context),
            Self::Demo(args) => demo::run(args, context),
            Self::Status(args) => status::run(args, context),
            Self::Tail(args) => tail::run(args, context),
            Self::Alerts(args) => alerts::run(args, context),
            Self::Predict(args) => predict::run(args, context),
            Self::Explain(args) => explain::run(args, context),
            Self::Retrain(args) => retrain::run(args, context),
            Self::Models(args) => models::run(args, context),
            Self::Lake(args) => lake::run(args, context),
            Self::Replay(args) => replay::run(args, context),
            Self::Logs(args) => logs::run(args, context),
            Self::Endpoints(args) => endpoints::run(args, context),
            Self::Credentials(args) => credentials::run(args, context),
            Self::Images(args) => images::run(args, context),
            Self::Render(args) => render::run(args, context),
            Self::Doctor(args) => doctor::run(args, context),
            Self::Config(args) => config::run(args, context),
            Self::Completions(args) => completions::run(args, context),
            Self::Man(args) => man::run(args, context),
        }
    }
}

/// Runs one command line, the program's name first, and answers with its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(status) = completing::answered(&arguments) {
        return status.into();
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version are asked for and go to standard output; it may be closed.
            _ = answer.print();
            return match answer.use_stderr() {
                true => ExitStatus::Usage.into(),
                false => ExitStatus::Fine.into(),
            };
        }
    };
    report_panics(cli.global.color);
    let global = cli.global.clone();
    let context = Context::new(cli.global);
    match panic::catch_unwind(AssertUnwindSafe(|| start(cli.command, &context))) {
        Ok(Ok(status)) => status.into(),
        Ok(Err(error)) => {
            // What is in use may have become another meanwhile.
            let error = error.with_help(|help| Context::new(global).advised(help));
            context.report.failure(&error);
            error.exit_status().into()
        }
        Err(_already_reported) => ExitStatus::Bug.into(),
    }
}

fn start(command: Command, context: &Context) -> Result<ExitStatus> {
    logging::to_stderr(
        context.global.color,
        context.global.output,
        command.log_level(),
    )?;
    if !command.writes_for_others() {
        // What is kept is about people: also libraries make files and folders for the owner alone.
        rustix::process::umask(Mode::RWXG | Mode::RWXO);
    }
    let status = command.run(context)?;
    even_if_unread(context.report.flush())?;
    Ok(status)
}

/// A panic in any thread is a bug and reads like one.
fn report_panics(color: Color) {
    panic::set_hook(Box::new(move |panic| {
        // A report of its own: the one in use may be locked by the thread that panics.
        let report = Report::to_terminal(Output::Human, color, false);
        report.failure(&Error::bug(panic.to_string()));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }
}
