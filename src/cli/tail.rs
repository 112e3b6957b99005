//! `wikisentry tail`: a topic's records.

use super::Context;
use super::help::{self, Code};
use super::selection::{ABOUT_FILTERS, Selection, refused};
use crate::amounts::count;
use crate::error::{ExitStatus, Result};
use crate::platform::Platform;
use crate::records::{Next, Wanted};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use wikisentry_core::topic::Topic;
use wikisentry_engine::filter::{Filter, Pattern};
use wikisentry_engine::tail::Start;

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
the platform does not run, its log on disk is read. With the profiles k3d and kubernetes
records come from Kafka, their partitions merged by time, and no consumer group is left behind.";

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
    let platform = context.platform()?;
    check_classes(wanted, &platform)?;
    let mut is_silent = true;
    let mut shown = context.report.records(wanted.topic, is_local);
    let goes_on = platform.records(wanted, &mut |next| {
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
        note_none(wanted, &platform, context)?;
    }
    if goes_on {
        return Ok(ExitStatus::Fine);
    }
    let note = "the platform has stopped; nothing more will come";
    context.report.note(note);
    Ok(ExitStatus::NotRunning)
}

/// Where it is not known which classes there are, none is refused.
fn check_classes(wanted: &Wanted, platform: &Platform) -> Result<()> {
    if wanted.filter.classes.is_empty() {
        return Ok(());
    }
    let Ok(Ok(known)) = platform.models().map(|models| models.classes()) else {
        return Ok(());
    };
    Ok(wanted
        .check_classes(&known)
        .map_err(|error| refused(&error))?)
}

/// That nothing was shown is said, since it may be taken for a failure; and why: the topic may be empty,
/// or nothing pass the filters, or a wiki be none that ever edited.
fn note_none(wanted: &Wanted, platform: &Platform, context: &Context) -> Result<()> {
    let (name, report) = (wanted.topic.name(), &context.report);
    // That it is not known is no failure of what was asked for.
    let status = platform.watch().and_then(|mut look| look()).ok();
    let topics = status.map_or(Vec::new(), |status| status.topics);
    let found = topics.iter().find(|topic| topic.name.ends_with(name));
    let held = found.map(|topic| match topic.partitions {
        // Markers of transactions count in Kafka.
        Some(_) => format!("at most {}", count(topic.records)),
        None => count(topic.records),
    });
    let see = "`wikisentry status` shows what each topic holds";
    match (found, held) {
        (Some(topic), _) if topic.records == 0 => {
            report.note(format_args!("no records: {name} is empty; {see}"));
        }
        (_, Some(held)) if wanted.filter.is_empty() => report.note(format_args!(
            "no records: {name} holds {held}, and none of them from there on"
        )),
        (_, Some(held)) => report.note(format_args!(
            "no records: {name} holds {held}, and none passes the filters"
        )),
        (_, None) => report.note(format_args!(
            "no records: {name} holds none that are asked for; {see}"
        )),
    }
    let wikis = wanted.filter.wikis.clone();
    if !wikis.is_empty() && !has_any(&wikis, wanted.topic, platform)? {
        let named: Vec<String> = wikis.iter().map(|wiki| format!("`{wiki}`")).collect();
        report.note(format_args!(
            "nothing in it is of the wiki {}: a wiki goes by its database name, such as enwiki",
            named.join(" or ")
        ));
    }
    Ok(())
}

/// Whether a topic has a record of one of these wikis.
fn has_any(wikis: &[Pattern], topic: Topic, platform: &Platform) -> Result<bool> {
    let filter = Filter {
        wikis: wikis.to_vec(),
        ..Filter::default()
    };
    let one = Wanted::new(topic, Some(Start::Beginning), Some(1), false, filter);
    let one = one.map_err(|error| refused(&error))?;
    let mut found = false;
    platform.records(&one, &mut |next| {
        found |= matches!(next, Next::Record(_));
        Ok(!found)
    })?;
    Ok(found)
}

fn topics() -> impl TypedValueParser<Value = Topic> {
    PossibleValuesParser::new(Topic::ALL.map(Topic::name)).try_map(|name| name.parse::<Topic>())
}
