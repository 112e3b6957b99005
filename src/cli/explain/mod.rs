//! `wikisentry explain`: why an edit got its score. Needs no running process.

mod revision;

use super::help::{self, Code};
use super::models::{Models, VersionName, refusal};
use super::{Context, completing, events};
use crate::error::{ExitStatus, Result, even_if_unread};
use revision::Revision;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use wikisentry_core::explained::{Explained, Explaining};
use wikisentry_core::predict::{Prediction, edit_of};
use wikisentry_replay::saved::{SavedEvent, SavedEvents};

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// A revision, as WIKI:NUMBER or NUMBER, or a file of raw events; `-` for standard input
    #[arg(value_name = "REVISION|FILE|-", add = completing::files())]
    subject: Subject,

    /// Show so many reasons; the others are summed up
    #[arg(long, value_name = "N", default_value_t = 8)]
    top: usize,

    /// The model to explain: the number of a version, `champion` or `previous`
    #[arg(long, value_name = "VERSION", default_value = "champion")]
    #[arg(add = completing::versions())]
    model: VersionName,
}

const ABOUT: &str = "\
A revision is looked for among the archived edits, the newest first. Numbers repeat between wikis:
with a wiki the search ends at the edit, without one it goes through the whole archive. An edit is
archived within archive.interval. A file named like a revision is given as ./NUMBER.

A file holds events in any form that `wikisentry predict` takes.

Weights are log-odds: +0.7 doubles the odds of damage, -0.7 halves them. All of them, with what a
typical edit has, sum to the log-odds of the score (exact TreeSHAP values).";

const CODES: &[Code] = &[
    (
        ExitStatus::Usage,
        "no such revision or version, or the file cannot be read",
    ),
    (ExitStatus::Preflight, "the archive cannot be read"),
];

const EXAMPLES: &str = "
  wikisentry explain enwiki:1167689309
  wikisentry explain 1167689309 --top 3 --model previous
  wikisentry tail edits.anonymous --max 10 --output json | wikisentry explain -
  wikisentry explain events.jsonl --output json | jq '.reasons[0].text'";

/// What is explained.
#[derive(Debug, Clone, PartialEq)]
enum Subject {
    Archived(Revision),
    Events(PathBuf),
}

impl FromStr for Subject {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match Revision::parse(text) {
            Some(revision) => Self::Archived(revision),
            None => Self::Events(text.into()),
        })
    }
}

/// Explains the edit, or all of the file.
///
/// # Errors
/// If there is no such edit, file or model; not for single events of a file.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let models = Models::open(context)?;
    let number = models.number(args.model)?;
    let (champion, explainer) = models.registry.explainer(number).map_err(refusal)?;
    let scorer = champion.scorer;
    let model = Explaining { scorer, explainer };
    match &args.subject {
        Subject::Archived(wanted) => {
            let edit = revision::find(wanted, context)?;
            let record = edit
                .classified()
                .map_err(|error| revision::unreadable(&error))?;
            let explained =
                Explained::of(&record.edit, Some(&record.classification), &model, args.top)?;
            context.report.explained(&explained)?;
        }
        Subject::Events(file) => {
            let limit = models.settings.source.max_event_bytes;
            events_of(file, limit, &model, args.top, context)?;
        }
    }
    Ok(ExitStatus::Fine)
}

fn events_of(
    file: &Path,
    limit: usize,
    model: &Explaining,
    top: usize,
    context: &Context,
) -> Result<()> {
    let mut tally = Tally::default();
    // If the reader goes away early, the exit code still says what was found until then.
    even_if_unread(answer_all(file, limit, model, top, context, &mut tally))?;
    match tally.unreadable > 0 && tally.unreadable == tally.all {
        true => Err(events::none_readable(tally.all).into()),
        false => Ok(()),
    }
}

/// How many events were answered, and how many of them could not be read.
#[derive(Default)]
struct Tally {
    all: u64,
    unreadable: u64,
}

fn answer_all(
    file: &Path,
    limit: usize,
    model: &Explaining,
    top: usize,
    context: &Context,
    tally: &mut Tally,
) -> Result<()> {
    let unreadable = |error| events::unreadable(file, &error);
    let input = events::open(file, context).map_err(unreadable)?;
    let mut saved = SavedEvents::new(input, limit);
    while let Some(chunk) = saved.next_chunk().map_err(unreadable)? {
        let mut payloads = chunk.payloads();
        for event in &chunk.events {
            if tally.all > 0 && !context.report.is_json() {
                context.report.line("")?;
            }
            tally.all += 1;
            let edit = match event {
                SavedEvent::Whole(_) => edit_of(payloads.next().unwrap_or_default()),
                SavedEvent::TooLong => Err(Box::new(Prediction::Refused {
                    meta_id: None,
                    error: events::too_long(limit),
                    is_unreadable: true,
                })),
            };
            match edit {
                Ok(edit) => {
                    let explained = Explained::of(&edit, None, model, top)?;
                    context.report.explained(&explained)?;
                }
                Err(refused) => {
                    tally.unreadable += u64::from(refused.is_unreadable());
                    context.report.refused(&refused)?;
                }
            }
        }
        // What comes slowly is answered at once.
        context.report.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_as_a_revision_is_one_and_all_else_a_file() {
        let revision = |wiki: Option<&str>, rev_id| {
            let wiki = wiki.map(str::to_owned);
            Subject::Archived(Revision { wiki, rev_id })
        };
        for (text, expected) in [
            ("123", revision(None, 123)),
            ("enwiki:123", revision(Some("enwiki"), 123)),
            ("zh_yuewiki:5", revision(Some("zh_yuewiki"), 5)),
            ("-", Subject::Events("-".into())),
            ("./123", Subject::Events("./123".into())),
            ("enwiki:", Subject::Events("enwiki:".into())),
            ("events:1.jsonl", Subject::Events("events:1.jsonl".into())),
            ("C:/x:5", Subject::Events("C:/x:5".into())),
            ("-5", Subject::Events("-5".into())),
            (
                "99999999999999999999",
                Subject::Events("99999999999999999999".into()),
            ),
        ] {
            assert_eq!(text.parse::<Subject>().unwrap(), expected, "{text}");
        }
    }
}
