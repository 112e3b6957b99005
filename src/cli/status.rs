//! `wikisentry status`: how the platform does, and what to do about what is wrong.

use super::Context;
use crate::config::Settings;
use crate::data_layer::DataLayer;
use crate::data_layer::status::Look;
use crate::error::{ExitStatus, Result};
use crate::platform::{Client, Instance};
use crate::state::StateDir;
use std::time::Duration;
use wikisentry_engine::runtime::stopped_status;
use wikisentry_engine::status::{Health, Status};

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// Look again every so many seconds (2 if none are given), until Ctrl-C
    #[arg(long, short, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    watch: Option<u32>,
}

const EXAMPLES: &str = "\
Exit codes:
  0  running and healthy
  4  not running; the figures are those last committed
  5  running, but something is wrong: it is named, with what to do about it

Examples:
  wikisentry status
  wikisentry status --watch 5
  wikisentry status --output json | jq .bookmark
  wikisentry status --output json | jq '.topics[] | {name, rate}'     (data layer in Docker)";

/// Shows the state once, or again and again.
///
/// # Errors
/// With exit code 4 if a process runs but does not answer.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let state = context.state()?;
    let settings = context.settings_in_use(&state)?.settings;
    if let Some(layer) = context.data_layer_of(&settings, &state)? {
        return data_layer(&layer, args.watch, context);
    }
    let mut status = look(&state)?.unwrap_or_else(|| stopped(&state, &settings));
    let Some(seconds) = args.watch else {
        context.report.status(&status)?;
        return Ok(exit_status(status.health));
    };
    if context.report.out_is_terminal() {
        context.report.redraw()?;
    }
    loop {
        context.report.status(&status)?;
        context.report.flush()?;
        std::thread::sleep(Duration::from_secs(seconds.into()));
        status = match look(&state)? {
            Some(status) => status,
            // Opening the log again and again would be in the way of a process that starts.
            None => last_seen(status),
        };
        context.report.redraw()?;
    }
}

/// Shows the data layer in Docker.
fn data_layer(layer: &DataLayer, watch: Option<u32>, context: &Context) -> Result<ExitStatus> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut look = Look::at(layer);
    let mut is_first = true;
    let shown = loop {
        let status = runtime.block_on(look.now());
        // Not before there is something to put in its place.
        if watch.is_some() && (context.report.out_is_terminal() || !is_first) {
            context.report.redraw()?;
        }
        is_first = false;
        context.report.data_layer(&status)?;
        context.report.flush()?;
        match watch {
            Some(seconds) => std::thread::sleep(Duration::from_secs(seconds.into())),
            None => break exit_status(status.health),
        }
    };
    // A request that hangs in librdkafka is not waited for.
    runtime.shutdown_background();
    Ok(shown)
}

/// What the running process says; `None` if none runs.
fn look(state: &StateDir) -> Result<Option<Status>> {
    let Some(instance) = Instance::find(state)? else {
        return Ok(None);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let client = Client::new(&instance)?;
    runtime.block_on(client.status()).map(Some)
}

/// The state without a process.
fn stopped(state: &StateDir, settings: &Settings) -> Status {
    stopped_status(
        state.root(),
        settings.source.url.as_str(),
        &settings.model.name,
    )
}

/// The figures of a process that is no more.
fn last_seen(status: Status) -> Status {
    Status {
        health: Health::NotRunning,
        process: None,
        feed: None,
        webhook: None,
        problems: Vec::new(),
        ..status
    }
}

fn exit_status(health: Health) -> ExitStatus {
    match health {
        Health::Healthy => ExitStatus::Fine,
        Health::Degraded => ExitStatus::Degraded,
        Health::NotRunning => ExitStatus::NotRunning,
    }
}
