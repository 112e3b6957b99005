//! `wikisentry tail`: a topic's records.

use super::Context;
use crate::config::duration;
use crate::error::{ExitStatus, Result};
use crate::records::{Next, Record, Wanted};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::collections::VecDeque;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::tail::From;
use wikisentry_lake::clock;

/// Records shown unless asked otherwise.
const DEFAULT_RECORDS: u64 = 10;

#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// The topic
    #[arg(value_name = "TOPIC", value_parser = topics())]
    topic: Topic,

    #[command(flatten)]
    range: Range,
}

/// Which part of a topic is wanted.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Range {
    /// Where to start: beginning, end, a number of records before the end, a time
    /// (2026-01-31T12:00:00Z) or an age (10m) [default: 10 records, or --max]
    #[arg(long, value_name = "WHERE", value_parser = start)]
    from: Option<From>,

    /// Stop after this many records
    #[arg(long, value_name = "N")]
    max: Option<u64>,

    /// Go on as records come, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
}

const EXAMPLES: &str = "\
Topics:
  edits.registered, edits.anonymous, edits.bot   events of edits as the feed sent them
  edits.classified                               edits with score, class and model
  revision.tags                                  changed tags and reverts
  alerts                                         alerts raised
  deadletter                                     what could not be read, and why

Lines are for people; times are UTC. With --output json each line is the record's value exactly as
it is stored. If the platform does not run, its log on disk is read. With the data layer in Docker
records come from Kafka, their partitions merged by time, and no consumer group is left behind.

Examples:
  wikisentry tail edits.classified --follow
  wikisentry tail edits.classified --from 1h --output json | jq .score
  wikisentry tail deadletter --from beginning --max 5";

/// Shows the records.
///
/// # Errors
/// With exit code 4 if the platform does not run and is needed.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    show(args.topic, &args.range, None, context)
}

/// Which records are shown; `None` for all.
pub(super) type Wish<'a> = Option<&'a dyn Fn(&Record<'_>) -> bool>;

/// Shows the records of a topic that `wish` takes.
pub(super) fn show(
    topic: Topic,
    range: &Range,
    wish: Wish<'_>,
    context: &Context,
) -> Result<ExitStatus> {
    let wanted = Wanted {
        topic,
        from: range.start(),
        follow: range.follow,
    };
    let mut left = range.max.unwrap_or(u64::MAX);
    if left == 0 {
        return Ok(ExitStatus::Fine);
    }
    let mut is_silent = true;
    let goes_on = context.platform()?.records(&wanted, &mut |next| {
        let Next::Record(record) = next else {
            if range.follow && std::mem::take(&mut is_silent) {
                let note = "no records yet: they are shown as they come, until Ctrl-C";
                context.report.note(note);
            }
            // With --follow it is shown at once.
            context.report.flush()?;
            return Ok(true);
        };
        if wish.is_none_or(|wish| wish(&record)) {
            is_silent = false;
            context.report.record(topic, &record)?;
            left -= 1;
        }
        Ok(left > 0)
    })?;
    if is_silent {
        note_none(topic, context);
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

/// Shows the last `count` records that `wish` takes, however far back they are.
pub(super) fn show_last(
    topic: Topic,
    count: u64,
    wish: &dyn Fn(&Record<'_>) -> bool,
    context: &Context,
) -> Result<ExitStatus> {
    let wanted = Wanted {
        topic,
        from: From::Beginning,
        follow: false,
    };
    let mut last: VecDeque<Record<'static>> = VecDeque::new();
    context.platform()?.records(&wanted, &mut |next| {
        if let Next::Record(record) = next
            && wish(&record)
        {
            last.push_back(record.into_owned());
            if last.len() as u64 > count {
                last.pop_front();
            }
        }
        Ok(true)
    })?;
    for record in &last {
        context.report.record(topic, record)?;
    }
    if last.is_empty() {
        note_none(topic, context);
    }
    Ok(ExitStatus::Fine)
}

impl Range {
    /// Where to start.
    fn start(&self) -> From {
        self.from.unwrap_or(match self.max {
            Some(max) if !self.follow => From::Last(max),
            _ => From::Last(DEFAULT_RECORDS),
        })
    }

    /// How many of the last records are wanted, if it is as simple as that.
    pub(super) fn last(&self) -> Option<u64> {
        let count = match self.from {
            None => self.max.unwrap_or(DEFAULT_RECORDS),
            Some(From::Last(count)) if self.max.is_none() => count,
            _ => return None,
        };
        (!self.follow).then_some(count)
    }
}

fn topics() -> impl TypedValueParser<Value = Topic> {
    PossibleValuesParser::new(Topic::ALL.map(Topic::name)).try_map(|name| name.parse::<Topic>())
}

/// The time that an age such as `10m` stands for.
pub(super) fn ago(age: &str) -> Option<EventTime> {
    let millis = i64::try_from(duration(age)?.as_millis()).ok()?;
    EventTime::from_millis(clock::now().as_millis().checked_sub(millis)?)
}

fn start(text: &str) -> Result<From, String> {
    text.parse().or_else(|_| {
        ago(text).map(From::Time).ok_or_else(|| {
            "it is not `beginning`, `end`, a number, a time such as 2026-01-31T12:00:00Z or \
                 an age such as 10m"
                .to_owned()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_a_place_a_number_a_time_or_an_age() {
        for (text, expected) in [
            ("beginning", From::Beginning),
            ("end", From::End),
            ("25", From::Last(25)),
            (
                "2026-01-31T12:00:00Z",
                From::Time(EventTime::parse("2026-01-31T12:00:00Z").unwrap()),
            ),
        ] {
            assert_eq!(start(text), Ok(expected));
        }
        let hour = 3_600_000;
        let Ok(From::Time(time)) = start("1h") else {
            panic!("1h is an age")
        };
        let age = clock::now().as_millis() - time.as_millis();
        assert!((hour..2 * hour).contains(&age), "{age}");
        for text in ["", "-1", "yesterday", "1 parsec"] {
            assert!(start(text).unwrap_err().contains("10m"), "{text}");
        }
    }
}
