//! `wikisentry predict`: scores raw events from a file or standard input. Needs no running process.

mod scoring;

use super::help::{self, Code};
use super::{Context, completing, events};
use crate::amounts::count;
use crate::config::Override;
use crate::error::{ExitStatus, ExpectedError, Result, even_if_unread};
use crate::report::{Output, Report};
use std::path::PathBuf;
use std::sync::Arc;
use wikisentry_engine::status::MODEL_HELP;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// File of raw events; `-` for standard input
    #[arg(value_name = "FILE", default_value = "-", add = completing::files())]
    file: PathBuf,

    /// Score edits by bots too, as model.score_bots does
    #[arg(long)]
    score_bots: bool,

    /// End with exit code 2 if any event cannot be read; every event is still answered
    #[arg(long)]
    strict: bool,
}

const ABOUT: &str = "\
Each event is answered by one JSON object on a line, in the order of the input, with meta_id, wiki,
rev_id, user_type, score, class and model_version; or, if it is no edit or cannot be read, with
meta_id and error.

Events are recentchange or mediawiki.page_change.v1, as Wikimedia's feed sends them: one JSON object
a line, one array, or the text of the feed as curl saves it; plain, gzip or Zstandard. Edits by bots
have a null score unless it is asked for. Blank lines are passed over. An event longer than
source.max_event_bytes is an error.";

const CODES: &[Code] = &[
    (
        ExitStatus::Fine,
        "every event is answered, if only by the reason why it is no edit or cannot be read",
    ),
    (
        ExitStatus::Usage,
        "the input or none of its events can be read; with --strict, any event cannot be read",
    ),
];

const EXAMPLES: &str = "
  wikisentry predict events.jsonl.gz > scores.jsonl
  wikisentry predict events.jsonl | jq -r 'select(.class == \"high\") | .rev_id'
  wikisentry tail edits.anonymous --output json | wikisentry predict";

/// Scores the events.
///
/// # Errors
/// If the input, or no event of it, can be read, or the model cannot be used; for single events only
/// with `--strict`.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let own = args.score_bots.then(|| Override {
        key: "model.score_bots".to_owned(),
        value: "true".to_owned(),
        flag: "--score-bots".to_owned(),
    });
    let settings = context.settings(own.into_iter().collect())?.settings;
    let platform = context.platform()?;
    context.note_recording()?;
    let registry = platform.models()?;
    let champion = registry.champion().map_err(|error| {
        ExpectedError::preflight("the model cannot be used")
            .caused_by(&error)
            .help(MODEL_HELP)
    })?;
    let options = scoring::Options {
        champion: Arc::new(champion),
        score_bots: settings.model.score_bots,
        max_event_bytes: settings.source.max_event_bytes,
    };
    let unreadable = |error| events::unreadable(&args.file, &error);
    let input = events::open(&args.file, context).map_err(unreadable)?;
    // JSON whatever is asked for, and a lot of it: past the stripping of colours.
    let report = Report::to_terminal(Output::Json, context.global.color, context.global.quiet);
    let mut tally = scoring::Tally::default();
    let write = |answers: &[u8]| {
        report.lines(answers)?;
        report.flush()
    };
    // If the reader goes away early, the exit code still says what was found until then.
    even_if_unread(scoring::score(
        input, &options, unreadable, write, &mut tally,
    ))?;
    let (events_seen, unreadable) = (tally.events, tally.unreadable);
    let is_nothing = unreadable > 0 && unreadable == events_seen;
    if !is_nothing && (unreadable == 0 || !args.strict) {
        return Ok(ExitStatus::Fine);
    }
    if is_nothing {
        return Err(events::none_readable(events_seen).into());
    }
    ExpectedError::usage(format!(
        "{} of {} events cannot be read",
        count(unreadable),
        count(events_seen)
    ))
    .because("the answers name the reason for each")
    .help("leave --strict away to accept that")
    .fail()
}
