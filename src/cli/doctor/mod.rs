//! `wikisentry doctor`: looks for what keeps the platform from running well, and says what to
//! do about it. It changes nothing.

mod docker;
mod feed;
mod host;
mod kept;

use super::Context;
use super::help::{self, Code};
use super::up::useless_streams;
use crate::config::Settings;
use crate::error::{Error, ExitStatus, Result, even_if_unread};
use crate::platform::Platform;
use crate::platform::embedded::Embedded;
use crate::report::indented;
use crate::state::StateDir;
use crate::text::harmless;
use owo_colors::OwoColorize;
use serde::Serialize;
use wikisentry_engine::status::{Health, Status};
use wikisentry_lake::file::help_of_odd;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of("", CODES, EXAMPLES))]
pub struct Args {}

const CODES: &[Code] = &[
    (
        ExitStatus::Fine,
        "nothing is in the way; there may be warnings",
    ),
    (ExitStatus::Preflight, "a check failed"),
];

const EXAMPLES: &str = "
  wikisentry doctor
  wikisentry doctor --set profile=k3d
  wikisentry doctor --output json | jq 'select(.verdict != \"ok\")'";

/// Where findings begin in a line.
const FINDING: usize = 21;

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Grade {
    Ok,
    Warn,
    Fail,
}

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    verdict: Grade,
    finding: String,
    /// What to do; nothing if all is well.
    remedy: Option<String>,
}

impl Check {
    fn ok(finding: impl Into<String>) -> Self {
        Self {
            verdict: Grade::Ok,
            finding: finding.into(),
            remedy: None,
        }
    }

    /// A link in the way has its own remedy.
    fn warn(finding: impl Into<String>, remedy: impl Into<String>) -> Self {
        let finding = finding.into();
        let remedy = help_of_odd(&finding).map_or_else(|| remedy.into(), str::to_owned);
        Self {
            verdict: Grade::Warn,
            remedy: Some(remedy),
            ..Self::ok(finding)
        }
    }

    fn fail(finding: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            verdict: Grade::Fail,
            ..Self::warn(finding, remedy)
        }
    }
}

/// A check with the name of the thing, as scripts get it.
#[derive(Serialize)]
struct Named<'a> {
    name: &'static str,
    #[serde(flatten)]
    check: &'a Check,
}

/// Looks at everything, and shows each finding as soon as it is there.
///
/// # Errors
/// If standard output cannot be written. What is found is no error of the command.
pub fn run(_: Args, context: &Context) -> Result<ExitStatus> {
    let mut sound = true;
    let mut show = |name, mut check: Check| -> Result<()> {
        sound &= check.verdict != Grade::Fail;
        check.remedy = check.remedy.map(|remedy| context.advised(&remedy));
        let check = &check;
        let named = Named { name, check };
        let width = context.report.view_width();
        let said = context.report.data(&named, || render(name, check, width));
        even_if_unread(said.and_then(|()| context.report.flush()))
    };
    let state = context.state()?;
    let settings = match context.settings(Vec::new()) {
        Ok(resolved) => resolved.settings,
        Err(error) => {
            show("settings", refused(&error))?;
            show("folder", host::folder(&state))?;
            return Ok(ExitStatus::Preflight);
        }
    };
    let file = context.location()?.path;
    let valid = match file.exists() {
        true => format!("{} is valid", file.display()),
        false => "valid; there is no settings file, the defaults stand".to_owned(),
    };
    show("settings", Check::ok(valid))?;
    show("folder", host::folder(&state))?;
    show("disk", host::disk(&state, &settings))?;
    show("memory", host::memory())?;
    let (process, status) = process(&state, &settings);
    show("process", process)?;
    let port = host::port(settings.api.listen, status.process.is_some());
    show("port", port)?;
    show("clock", kept::clock(&status))?;
    show("model", kept::model(&state, &settings))?;
    if let Some(check) = kept::log(&state, &status) {
        show("log", check)?;
    }
    show("lake", kept::lake(&state))?;
    show("leftovers", kept::leftovers(&state, &status))?;
    let last = context.remembered_for(&[])?;
    let platform = match Platform::planned(settings.clone(), &state, last) {
        Ok(platform) => platform,
        Err(error) => {
            show("platform", refused(&error))?;
            return Ok(ExitStatus::Preflight);
        }
    };
    for (name, found) in platform.checks_of_others()? {
        let check = match found {
            Ok(said) => Check::ok(said),
            Err(error) => refused(&error),
        };
        show(name, check)?;
    }
    let docker = docker::look(&settings, &state, &platform, context)?;
    for (name, check) in docker.checks {
        show(name, check)?;
    }
    if let Some(recording) = context.recording()? {
        let finding = format!(
            "not used: this is the recording {}",
            harmless(&recording.name)
        );
        show("feed", Check::ok(finding))?;
        return Ok(exit_status(sound));
    }
    if !platform.reads_the_feed() {
        show("feed", Check::ok("not used: edits come from outside"))?;
        return Ok(exit_status(sound));
    }
    show("contact", feed::contact(&settings.source, file.exists()))?;
    for warning in useless_streams(&settings.source.streams) {
        let remedy = "see source.streams in `wikisentry config show`";
        show("streams", Check::warn(warning, remedy))?;
    }
    let reached = feed::reachable(&settings.source, docker.gateway, file.exists())?;
    show("feed", reached)?;
    Ok(exit_status(sound))
}

fn exit_status(is_sound: bool) -> ExitStatus {
    match is_sound {
        true => ExitStatus::Fine,
        false => ExitStatus::Preflight,
    }
}

/// A line, and the remedy below it, each wrapped in its column.
fn render(name: &str, check: &Check, width: usize) -> String {
    let verdict = match check.verdict {
        Grade::Ok => "ok  ".green().to_string(),
        Grade::Warn => "warn".yellow().bold().to_string(),
        Grade::Fail => "FAIL".red().bold().to_string(),
    };
    let finding = indented(&harmless(&check.finding), FINDING, width);
    let mut text = format!("{verdict}  {name:13}  {}", finding.trim_start());
    if let Some(remedy) = &check.remedy {
        let remedy = indented(remedy, FINDING + 2, width);
        text.push_str(&format!(
            "{:FINDING$}{} {}",
            "",
            "→".bold(),
            remedy.trim_start()
        ));
    }
    text
}

fn refused(error: &Error) -> Check {
    let remedy = match error {
        Error::Expected(error) => error.help.as_deref().unwrap_or("correct the setting"),
        _ => "please report it",
    };
    Check::fail(error.in_one_line(), remedy)
}

/// Whether the process is well, and the state that it or the disk tells.
fn process(state: &StateDir, settings: &Settings) -> (Check, Status) {
    let restart = "look at `wikisentry logs`, then `wikisentry down` and `wikisentry up`";
    let embedded = Embedded::new(settings.clone(), state);
    match embedded.ask() {
        Ok(None) => (Check::ok("not running"), embedded.stopped()),
        Ok(Some(status)) if status.health == Health::Healthy => {
            let process = status.process.as_ref();
            let finding = process.map_or_else(String::new, |process| {
                format!("{} is healthy since {}", process.pid, process.started_at)
            });
            (Check::ok(finding), status)
        }
        Ok(Some(status)) => {
            let problems = status.problems.iter();
            let problems: Vec<_> = problems.map(|problem| problem.message.as_str()).collect();
            let check = Check::warn(problems.join("; "), "see `wikisentry status`");
            (check, status)
        }
        Err(error) => {
            let finding = format!("its state is not known: {}", error.in_one_line());
            (Check::fail(finding, restart), embedded.stopped())
        }
    }
}

#[cfg(test)]
mod tests;
