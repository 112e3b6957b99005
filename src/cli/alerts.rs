//! `wikisentry alerts`: the topic `alerts`, by kind.

use super::Context;
use super::tail::{Range, show, show_last};
use crate::error::{ExitStatus, Result};
use crate::records::Record;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Deserialize;
use wikisentry_core::anomaly::AlertKind;
use wikisentry_core::topic::Topic;

#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// Only alerts of this kind
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    kind: Option<AlertKind>,

    #[command(flatten)]
    range: Range,
}

const EXAMPLES: &str = "\
Kinds:
  high_risk_edit   an edit is in the model's class high, or scores alerts.high_risk_score if set
  edit_burst       a user makes alerts.burst_edits edits within alerts.burst_window
  edit_war         a page is reverted alerts.war_reverts times within alerts.war_window
  feed_stalled     no event for alerts.stalled_after
  score_drift      the scores are distributed otherwise than they were

The newest alert comes last.

Examples:
  wikisentry alerts
  wikisentry alerts --kind edit_war --from 24h
  wikisentry alerts --follow --output json";

#[derive(Deserialize)]
struct Kind {
    kind: AlertKind,
}

pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let Some(kind) = args.kind else {
        return show(Topic::Alerts, &args.range, None, context);
    };
    let wish = |record: &Record<'_>| {
        serde_json::from_slice::<Kind>(&record.value).is_ok_and(|alert| alert.kind == kind)
    };
    match args.range.last() {
        // The last ten of a kind may lie far apart.
        Some(count) => show_last(Topic::Alerts, count, &wish, context),
        None => show(Topic::Alerts, &args.range, Some(&wish), context),
    }
}

fn kinds() -> impl TypedValueParser<Value = AlertKind> {
    PossibleValuesParser::new(AlertKind::ALL.map(AlertKind::name)).try_map(|name| {
        AlertKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or("there is no such kind")
    })
}
