//! `wikisentry alerts`: the topic `alerts`, by kind.

use super::Context;
use super::help::{self, Code};
use super::selection::{ABOUT_FILTERS, Selection};
use super::tail::show;
use crate::error::{ExitStatus, Result};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use wikisentry_core::anomaly::AlertKind;
use wikisentry_core::topic::Topic;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(&[KINDS, ABOUT_FILTERS].join("\n\n"), CODES, EXAMPLES))]
pub struct Args {
    /// Only alerts of this kind (repeatable)
    #[arg(long, value_name = "KIND", value_parser = kinds(), help_heading = "Filters")]
    kind: Vec<AlertKind>,

    #[command(flatten)]
    selection: Selection,
}

const KINDS: &str = "\
Kinds:
  high_risk_edit   an edit is in the model's class high, or scores alerts.high_risk_score if set
  edit_burst       a user makes alerts.burst_edits edits within alerts.burst_window
  edit_war         a page is reverted alerts.war_reverts times within alerts.war_window
  feed_stalled     no event for alerts.stalled_after
  score_drift      the scores are distributed otherwise than they were

The alert raised last is last. Page, user, score and class are those of the edit that caused it.";

const CODES: &[Code] = &[
    (
        ExitStatus::NotRunning,
        "it stopped while it was followed, or nothing was ingested yet",
    ),
    (ExitStatus::Degraded, ""),
    (ExitStatus::TimedOut, ""),
    (ExitStatus::Interrupted, ""),
];

const EXAMPLES: &str = "
  wikisentry alerts
  wikisentry alerts --kind edit_war --since 24h
  wikisentry alerts --wiki dewiki --no-bots --since 2026-11-30 --local
  wikisentry alerts --follow --output json";

pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let wanted = args.selection.wanted(Topic::Alerts, &args.kind)?;
    show(&wanted, args.selection.is_local(), context)
}

fn kinds() -> impl TypedValueParser<Value = AlertKind> {
    PossibleValuesParser::new(AlertKind::ALL.map(AlertKind::name)).try_map(|name| {
        AlertKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or("there is no such kind")
    })
}
