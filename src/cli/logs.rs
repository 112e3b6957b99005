//! `wikisentry logs`: what the platform writes about its work.

use super::help::{self, Code};
use super::{Context, completing};
use crate::components;
use crate::error::{ExitStatus, Result};
use crate::platform::{LogNext, LogWanted};
use crate::text::harmless;
use owo_colors::{AnsiColors, OwoColorize};
use serde::Serialize;
use wikisentry_core::time::EventTime;
use wikisentry_engine::tail::{Clock, Moment};

/// Lines to begin with unless others are asked for.
const LINES: usize = 50;

/// One for each component, in turn.
const COLORS: [AnsiColors; 5] = [
    AnsiColors::Cyan,
    AnsiColors::Magenta,
    AnsiColors::Green,
    AnsiColors::Yellow,
    AnsiColors::Blue,
];

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// Components to show, as `wikisentry status` names them [default: all]
    #[arg(value_name = "COMPONENT", add = completing::components())]
    components: Vec<String>,

    /// Lines to begin with, of each component [default: 50, or all with --since]
    #[arg(long, short = 'n', value_name = "N")]
    lines: Option<usize>,

    /// Go on as lines are written, until Ctrl-C
    #[arg(long, short)]
    follow: bool,

    /// Only lines from a time (2026-01-31T12:00:00Z), a date (2026-01-31, UTC) or an
    /// age (10m) on
    #[arg(long, value_name = "WHEN")]
    since: Option<Moment>,
}

const ABOUT: &str = "\
With the profiles k3d and kubernetes, lines of containers and pods are shown, each behind its
component. Else the file is logs/wikisentry.log in the state folder. `WIKISENTRY_LOG=debug wikisentry up` makes it
more talkative.";

const CODES: &[Code] = &[
    (ExitStatus::NotRunning, "there is no log yet"),
    (ExitStatus::Interrupted, ""),
];

const EXAMPLES: &str = "
  wikisentry logs
  wikisentry logs -n 1000 | grep ERROR
  wikisentry logs --follow
  wikisentry logs --since 10m";

/// Shows the log.
///
/// # Errors
/// With exit code 4 if there is none.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let all_lines = args.since.map(|_| usize::MAX);
    let wanted = LogWanted {
        components: args.components,
        lines: args.lines.or(all_lines).unwrap_or(LINES),
        follow: args.follow,
        since: args.since.map(|since| since.resolve(&Clock::utc())),
    };
    let platform = context.platform()?;
    let width = components::all()
        .iter()
        .map(|component| component.name.len());
    let width = width.max().unwrap_or(0);
    let report = &context.report;
    platform.logs(&wanted, &mut |next| match next {
        LogNext::Line {
            component,
            time,
            text,
        } if report.is_json() => {
            let component = component.map(|(name, _)| name);
            report.json(&LogRecord::of(component, time, text))
        }
        LogNext::Line {
            component, text, ..
        } => report.line(line(component, text, width)),
        LogNext::Pause => report.flush(),
        LogNext::Nothing => {
            let since = wanted.since.map(|since| format!(" since {since}"));
            report.note(format!(
                "nothing was written{}; see what runs: `wikisentry status`",
                since.unwrap_or_default()
            ));
            Ok(())
        }
    })?;
    Ok(ExitStatus::Fine)
}

/// A line of a log for scripts. What is not known is absent.
#[derive(Debug, PartialEq, Serialize)]
struct LogRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<&'a str>,
    #[serde(rename = "timestamp", skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    /// `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'a str>,
    /// The part of the program that says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    message: &'a str,
}

const LEVELS: [&str; 5] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

impl<'a> LogRecord<'a> {
    /// Takes apart what this program writes, `TIME LEVEL TARGET: MESSAGE`; of others, and of lines
    /// that go on with a message, all is message.
    fn of(component: Option<&'a str>, time: Option<String>, text: &'a str) -> Self {
        let whole = Self {
            component,
            time,
            level: None,
            target: None,
            message: text,
        };
        let Some((written, rest)) = text.split_once(' ') else {
            return whole;
        };
        let Some((level, rest)) = rest.trim_start().split_once(' ') else {
            return whole;
        };
        if EventTime::parse(written).is_none() || !LEVELS.contains(&level) {
            return whole;
        }
        let (target, message) = match rest.split_once(": ") {
            Some((target, message)) if !target.contains(' ') => (Some(target), message),
            _ => (None, rest),
        };
        Self {
            time: whole.time.or_else(|| Some(written.to_owned())),
            level: Some(level),
            target,
            message,
            ..whole
        }
    }
}

/// A line behind its component. Strangers may have typed what it says.
fn line(component: Option<(&str, usize)>, text: &str, width: usize) -> String {
    let Some((name, place)) = component else {
        return harmless(text);
    };
    let prefix = format!("{name:width$} |");
    let prefix = prefix.color(COLORS[place % COLORS.len()]);
    // A tab is harmless here, and stack traces have them.
    let text = harmless(&text.replace('\t', "    "));
    format!("{prefix} {text}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_ours_is_taken_apart_and_any_other_is_a_message() {
        let text = "2026-11-30T19:00:00.123456Z  INFO wikisentry::run: running; API at http://x: y";
        let found = LogRecord::of(None, None, text);
        assert_eq!(found.time.as_deref(), Some("2026-11-30T19:00:00.123456Z"));
        assert_eq!(
            (found.level, found.target),
            (Some("INFO"), Some("wikisentry::run"))
        );
        assert_eq!(found.message, "running; API at http://x: y");
        for other in [
            "",
            "   at line 3",
            "2026-11-30T19:00:00Z said nothing",
            "INFO x: y",
        ] {
            let found = LogRecord::of(Some("kafka"), None, other);
            assert_eq!(
                (found.message, found.level, found.target),
                (other, None, None)
            );
        }
    }
}
