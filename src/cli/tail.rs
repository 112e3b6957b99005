//! `wikisentry tail`: a topic's records.

use super::Context;
use super::help::{self, Code};
use super::selection::{ABOUT_FILTERS, Selection};
use crate::error::{ExitStatus, Result};
use crate::records::{Next, Wanted};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use wikisentry_core::topic::Topic;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(&[TOPICS, ABOUT_FILTERS].join("\n\n"), CODES, EXAMPLES))]
pub struct Args {
    /// The topic
    #[arg(value_name = "TOPIC", value_parser = topics())]
    topic: Topic,

    #[command(flatten)]
    selection: Selection,
}

const TOPICS: &str = "\
Topics:
  edits.registered, edits.anonymous, edits.bot   events of edits as the feed sent them
  edits.classified                               edits with score, class and model
  revision.tags                                  changed tags and reverts
  alerts                                         alerts raised
  deadletter                                     what could not be read, and why

Lines are for people. With --output json each line is the record's value exactly as it is stored. If
the platform does not run, its log on disk is read. With the data layer in Docker records come from
Kafka, their partitions merged by time, and no consumer group is left behind.";

const CODES: &[Code] = &[
    (
        ExitStatus::NotRunning,
        "it stopped while it was followed, or nothing was ingested yet",
    ),
    (ExitStatus::Degraded, ""),
    (ExitStatus::TimedOut, ""),
];

const EXAMPLES: &str = "
  wikisentry tail edits.classified --follow
  wikisentry tail edits.classified --wiki 'de*' --min-score 0.5 --no-bots -n 20
  wikisentry tail edits.classified --since 2h --output json | jq .score
  wikisentry tail deadletter --from beginning --max 5";

/// Shows the records.
///
/// # Errors
/// With exit code 4 if the platform does not run and is needed.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let wanted = args.selection.wanted(args.topic, &[])?;
    show(&wanted, args.selection.is_local(), context)
}

/// Shows the records that are wanted.
pub(super) fn show(wanted: &Wanted, is_local: bool, context: &Context) -> Result<ExitStatus> {
    // Counted here too: a stream of the process that runs ends alike after these records and where the
    // process stops.
    let mut left = wanted.max.unwrap_or(u64::MAX);
    if left == 0 {
        return Ok(ExitStatus::Fine);
    }
    let mut is_silent = true;
    let mut shown = context.report.records(wanted.topic, is_local);
    let goes_on = context.platform()?.records(wanted, &mut |next| {
        let Next::Record(record) = next else {
            if wanted.follow && std::mem::take(&mut is_silent) {
                let note = "no records yet: they are shown as they come, until Ctrl-C";
                context.report.note(note);
            }
            // With --follow it is shown at once.
            context.report.flush()?;
            return Ok(true);
        };
        is_silent = false;
        shown.add(&record)?;
        left -= 1;
        Ok(left > 0)
    })?;
    if is_silent {
        note_none(wanted.topic, context);
    }
    if goes_on {
        return Ok(ExitStatus::Fine);
    }
    let note = "the platform has stopped; nothing more will come";
    context.report.note(note);
    Ok(ExitStatus::NotRunning)
}

/// That nothing was shown is said: it may be taken for a failure.
fn note_none(topic: Topic, context: &Context) {
    let name = topic.name();
    context.report.note(format_args!(
        "no records: {name} holds none that are asked for; `wikisentry status` shows what each topic holds"
    ));
}

fn topics() -> impl TypedValueParser<Value = Topic> {
    PossibleValuesParser::new(Topic::ALL.map(Topic::name)).try_map(|name| name.parse::<Topic>())
}
