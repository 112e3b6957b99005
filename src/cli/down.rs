//! `wikisentry down`: stops the platform; with `--purge`, removes what it kept.

mod containers;

use super::Context;
use crate::data_layer::{DataLayer, Workspace};
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::platform::Instance;
use crate::state::StateDir;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// The process ends within 5 seconds; a disk that hangs may hold it longer.
const DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// Arguments of `down`.
///
/// What was ingested stays; `up` goes on where it ended. With the data layer in Docker, its
/// containers and network are removed and its volumes stay.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Remove the log, the lake, the models and the logs, and the data layer's volumes and
    /// credentials, after asking
    #[arg(long)]
    purge: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Stops the platform.
///
/// # Errors
/// With exit code 6 if the process does not end, 7 if the purge is not confirmed.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let state = context.state()?;
    let layer = layer(&state, args.purge, context)?;
    if args.purge && !args.yes {
        confirm(&state, layer.as_ref())?;
    }
    let running = Instance::find(&state)?;
    if let Some(instance) = &running {
        let begun = Instant::now();
        stop(instance, &state)?;
        let seconds = begun.elapsed().as_secs_f64();
        context.report.note(format_args!(
            "stopped after {seconds:.1} s; nothing is lost"
        ));
    }
    match &layer {
        Some(layer) => containers::down(layer, &state, args.purge, context)?,
        None if running.is_none() => context.report.note("not running; nothing to stop"),
        None => {}
    }
    if args.purge {
        purge(&state)?;
        context.report.note(format_args!(
            "removed what was kept in {}",
            state.root().display()
        ));
    }
    Ok(ExitStatus::Fine)
}

/// The data layer, if it is up, asked for, or left by an earlier `down` and now to be purged.
fn layer(state: &StateDir, purge: bool, context: &Context) -> Result<Option<DataLayer>> {
    let workspace = Workspace::of(state);
    let is_known = workspace.is_up() || purge && state.data_layer().exists();
    let settings = match is_known {
        true => context.settings_of_last_up(&workspace),
        false => context.settings(Vec::new()),
    };
    let settings = match settings {
        Ok(resolved) => resolved.settings,
        // An embedded platform is stopped whatever the settings say.
        Err(_) if !is_known => return Ok(None),
        Err(error) => return Err(error),
    };
    if !is_known && !DataLayer::is_meant(&settings, state) {
        return Ok(None);
    }
    DataLayer::as_kept(&settings, state).map(Some)
}

fn stop(instance: &Instance, state: &StateDir) -> Result<()> {
    let pid = i32::try_from(instance.pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .ok_or_else(|| crate::error::Error::bug(format!("{} is no process id", instance.pid)))?;
    match rustix::process::kill_process(pid, rustix::process::Signal::TERM) {
        // It ended by itself meanwhile.
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => {
            return Err(
                ExpectedError::new(ExitStatus::Refused, "cannot stop the platform")
                    .because(format!("process {}: {error}", instance.pid))
                    .help("stop it as the user who started it")
                    .into(),
            );
        }
    }
    let begun = Instant::now();
    while Instance::is_running(state)? {
        if begun.elapsed() > DEADLINE {
            return Err(
                ExpectedError::new(ExitStatus::TimedOut, "the platform does not end")
                    .because(format!("process {} still holds its state", instance.pid))
                    .help(format!(
                        "look at `wikisentry logs`; `kill -9 {}` is safe",
                        instance.pid
                    ))
                    .into(),
            );
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}

fn confirm(state: &StateDir, layer: Option<&DataLayer>) -> Result<()> {
    let refused = |why: &str| {
        ExpectedError::new(ExitStatus::Refused, "nothing was removed")
            .because(why.to_owned())
            .help("to remove it without being asked: `wikisentry down --purge --yes`")
    };
    if !std::io::stdin().is_terminal() {
        return Err(refused("there is no terminal to ask for confirmation").into());
    }
    let volumes = match layer {
        Some(layer) => format!(
            ", and the volumes of the Docker project {} with all records and objects",
            layer.project.name
        ),
        None => String::new(),
    };
    let question = format!(
        "Remove the log, the lake and the models in {}{volumes}?",
        state.root().display()
    );
    let confirmed = dialoguer::Confirm::new()
        .with_prompt(question)
        .default(false)
        .interact()
        .map_err(|error| refused(&error.to_string()))?;
    if confirmed {
        Ok(())
    } else {
        Err(refused("not confirmed").into())
    }
}

/// Removes what is ours by name; the folder itself only if nothing else is in it.
fn purge(state: &StateDir) -> Result<()> {
    for folder in [
        state.log(),
        state.lake(),
        state.models(),
        state.logs(),
        state.run(),
    ] {
        match std::fs::remove_dir_all(&folder) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let what = format!("cannot remove {}", folder.display());
                return Err(ExpectedError::new(ExitStatus::Preflight, what)
                    .caused_by(&error)
                    .help("remove it by hand")
                    .into());
            }
        }
    }
    // Something of the user's own may be in it.
    let _ = std::fs::remove_dir(state.root());
    Ok(())
}
