//! `wikisentry logs`: what the platform writes about its work.

use super::Context;
use super::tail::ago;
use crate::components;
use crate::error::{ExitStatus, Result};
use crate::platform::{LogNext, LogWanted};
use crate::text::harmless;
use owo_colors::{AnsiColors, OwoColorize};
use serde_json::{Value, json};
use wikisentry_core::time::EventTime;

/// One for each component, in turn.
const COLORS: [AnsiColors; 5] = [
    AnsiColors::Cyan,
    AnsiColors::Magenta,
    AnsiColors::Green,
    AnsiColors::Yellow,
    AnsiColors::Blue,
];

#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// Components to show, as `wikisentry status` names them [default: all]
    #[arg(value_name = "COMPONENT")]
    components: Vec<String>,

    /// Lines to begin with, of each component
    #[arg(long, short = 'n', value_name = "N", default_value = "50")]
    lines: usize,

    /// Go on as lines are written, until Ctrl-C
    #[arg(long, short)]
    follow: bool,

    /// Only lines of containers from a time (2026-01-31T12:00:00Z) or an age (10m) on
    #[arg(long, value_name = "WHEN", value_parser = when)]
    since: Option<EventTime>,
}

const EXAMPLES: &str = "\
With the data layer in Docker, lines of its containers are shown, each behind its component. Else the
file is logs/wikisentry.log in the state folder. `WIKISENTRY_LOG=debug wikisentry up` makes it
more talkative.

Examples:
  wikisentry logs
  wikisentry logs -n 1000 | grep ERROR
  wikisentry logs --follow
  wikisentry logs --since 10m";

/// Shows the log.
///
/// # Errors
/// With exit code 4 if there is none.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let wanted = LogWanted {
        components: args.components,
        lines: args.lines,
        follow: args.follow,
        since: args.since,
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
        } if report.is_json() => report.json(&as_json(component, time, text)),
        LogNext::Line {
            component, text, ..
        } => report.line(line(component, text, width)),
        LogNext::Pause => report.flush(),
        LogNext::Nothing => {
            report.note("nothing was written; see which containers run: `wikisentry status`");
            Ok(())
        }
    })?;
    Ok(ExitStatus::Fine)
}

fn as_json(component: Option<(&str, usize)>, time: Option<String>, text: &str) -> Value {
    match component {
        Some((name, _)) => json!({"component": name, "time": time, "line": text}),
        None => json!({ "line": text }),
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

fn when(text: &str) -> Result<EventTime, String> {
    let time = EventTime::parse(text).or_else(|| ago(text));
    time.ok_or_else(|| {
        "it is neither a time such as 2026-01-31T12:00:00Z nor an age such as 10m".to_owned()
    })
}
