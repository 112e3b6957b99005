//! Which records `tail` and `alerts` show: the flags that they share.

use super::completing;
use crate::error::ExpectedError;
use crate::records::Wanted;
use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use wikisentry_core::anomaly::AlertKind;
use wikisentry_core::topic::Topic;
use wikisentry_core::user::UserType;
use wikisentry_engine::filter::{Filter, Misfit, Parameter, Pattern};
use wikisentry_engine::tail::{BadQuery, Clock, Moment, Start, share};

/// Which part of a topic is wanted.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Selection {
    /// Begin this many records before the end, of those that the filters let through
    #[arg(long, short = 'n', value_name = "N", conflicts_with = "from")]
    lines: Option<u64>,

    /// Where to begin, by the time of arrival: beginning, end, a number of records before the end, a
    /// time (2026-01-31T12:00:00Z), a date (2026-01-31) or an age (10m) [default: all with --since,
    /// else --max or 10 records before the end]
    #[arg(long, value_name = "WHERE", add = completing::words(["beginning", "end"]))]
    from: Option<Start<Moment>>,

    /// Stop after this many records
    #[arg(long, value_name = "N")]
    max: Option<u64>,

    /// Go on as records come, until Ctrl-C
    #[arg(long, short)]
    follow: bool,

    /// Show local times, and read dates as local, instead of UTC
    #[arg(long)]
    local: bool,

    /// Only of these wikis, by database name: enwiki, 'de*', '*wiktionary' (repeatable)
    #[arg(long, value_name = "PATTERN", help_heading = FILTERS)]
    wiki: Vec<Pattern>,

    /// Only by these users, IP addresses or temporary accounts (repeatable)
    #[arg(long, value_name = "PATTERN", help_heading = FILTERS)]
    user: Vec<Pattern>,

    /// Only by users of this type (repeatable)
    #[arg(long, value_name = "TYPE", value_parser = user_types(), help_heading = FILTERS)]
    user_type: Vec<UserType>,

    /// Only of these pages, by title with namespace: 'Talk:*' (repeatable)
    #[arg(long, value_name = "PATTERN", help_heading = FILTERS)]
    page: Vec<Pattern>,

    /// Only with this score or a higher one, from 0 to 1
    #[arg(long, value_name = "SCORE", value_parser = share, help_heading = FILTERS)]
    min_score: Option<f64>,

    /// Only in this class of the model, such as high (repeatable)
    #[arg(long, value_name = "CLASS", help_heading = FILTERS)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    class: Vec<String>,

    /// Nothing by bots
    #[arg(long, help_heading = FILTERS)]
    no_bots: bool,

    /// Only edits made at this time or later: a time, a date or an age (2h, 1d)
    #[arg(long, value_name = "WHEN", help_heading = FILTERS)]
    since: Option<Moment>,

    /// Only edits made before this time; a date is its beginning
    #[arg(long, value_name = "WHEN", conflicts_with = "follow", help_heading = FILTERS)]
    until: Option<Moment>,
}

const FILTERS: &str = "Filters";

/// What filters mean, for the help of the commands that have them.
pub(super) const ABOUT_FILTERS: &str = "\
A record is shown if it passes every filter; of a repeated one any value will do. In patterns * is
any text, ? one character, [ab] one of several. --since and --until go by when an edit was made,
--from by when it arrived. The first line says what times are: MADE is when an edit was made (of
an alert, the one that caused it), CAME when a dead letter arrived; UTC, or LOCAL with --local. A
time of another day than today has its date.";

impl Selection {
    /// What is asked of the platform.
    ///
    /// # Errors
    /// With exit code 2 if a filter means nothing for the topic.
    pub(super) fn wanted(
        &self,
        topic: Topic,
        kinds: &[AlertKind],
    ) -> Result<Wanted, ExpectedError> {
        let clock = match self.local {
            true => Clock::local(),
            false => Clock::utc(),
        };
        let filter = Filter {
            wikis: self.wiki.clone(),
            users: self.user.clone(),
            user_types: self.user_type.clone(),
            pages: self.page.clone(),
            min_score: self.min_score,
            classes: self.class.clone(),
            kinds: kinds.to_vec(),
            no_bots: self.no_bots,
            since: self.since.map(|since| since.resolve(&clock)),
            until: self.until.map(|until| until.resolve(&clock)),
        };
        let from = match self.lines {
            Some(lines) => Some(Start::Last(lines)),
            None => self.from.map(|from| from.resolve(&clock)),
        };
        Wanted::new(topic, from, self.max, self.follow, filter).map_err(|error| refused(&error))
    }

    /// Whether times are shown as local ones.
    pub(super) fn is_local(&self) -> bool {
        self.local
    }
}

/// What is asked for and cannot be, by the name of its flag.
pub(super) fn refused(error: &BadQuery) -> ExpectedError {
    let misfit = match error {
        BadQuery::Misfit(misfit) => misfit,
        BadQuery::Value { name, why } => {
            return ExpectedError::usage(format!("--{}: {why}", name.replace('_', "-")));
        }
        other => return ExpectedError::usage(other.to_string()),
    };
    let flag = misfit.parameter().flag();
    let refused = ExpectedError::usage(format!("{flag}: {misfit}"));
    match misfit {
        Misfit::NotOfTopic { parameter, .. } => refused.help(goes_with(*parameter)),
        Misfit::OtherUsers { .. } => {
            refused.help("edits of all users: `wikisentry tail edits.classified`")
        }
        Misfit::NoTime | Misfit::TooMany { .. } => refused,
    }
}

/// Where a filter can be used.
fn goes_with(parameter: Parameter) -> String {
    let topics = Topic::ALL
        .into_iter()
        .filter(|topic| parameter.is_of(*topic));
    let topics: Vec<&str> = topics.map(Topic::name).collect();
    format!("{} goes with {}", parameter.flag(), topics.join(", "))
}

fn user_types() -> impl TypedValueParser<Value = UserType> {
    PossibleValuesParser::new(UserType::ALL.map(UserType::name)).try_map(|name| {
        let mut all = UserType::ALL.into_iter();
        all.find(|one| one.name() == name)
            .ok_or("there is no such type")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use wikisentry_core::time::EventTime;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        selection: Selection,
    }

    fn wanted(topic: Topic, flags: &[&str]) -> Result<Wanted, ExpectedError> {
        let flags = Flags::try_parse_from([&["tail"], flags].concat()).expect("flags");
        flags.selection.wanted(topic, &[])
    }

    #[test]
    fn flags_ask_for_what_the_query_of_the_api_does() {
        for (flags, query) in [
            (&[][..], ""),
            (&["-n", "3"], "from=3"),
            (&["-n", "3", "--follow"], "from=3&follow=true"),
            (&["--max", "4"], "max=4"),
            (&["--from", "2026-11-30"], "from=2026-11-30"),
            (
                &["--wiki", "de*", "--wiki", "enwiki", "--no-bots"],
                "wiki=de*&wiki=enwiki&no_bots=true",
            ),
            (
                &[
                    "--user",
                    "A b",
                    "--page",
                    "Talk:*",
                    "--user-type",
                    "anonymous",
                ],
                "user=A%20b&page=Talk:*&user_type=anonymous",
            ),
            (
                &["--min-score", "0.5", "--class", "high", "--class", "medium"],
                "min_score=0.5&class=high&class=medium",
            ),
            (
                &["--since", "2026-11-29", "--until", "2026-11-30 12:00"],
                "since=2026-11-29&until=2026-11-30T12:00:00Z",
            ),
        ] {
            let asked = wanted(Topic::EditsClassified, flags).expect("wanted");
            let clock = Clock::utc();
            let queried = Wanted::of_query(Topic::EditsClassified, query, &clock);
            assert_eq!(Ok(asked), queried, "{flags:?}");
        }
    }

    #[test]
    fn ages_are_taken_from_the_present() {
        let asked = wanted(Topic::EditsBot, &["--since", "2h"]).expect("wanted");
        let since = asked.filter.since.unwrap_or_default().as_millis();
        let age = Clock::utc().now.as_millis() - since;
        assert!((7_200_000..7_300_000).contains(&age), "{age}");
        assert_eq!(asked.from, Start::Beginning);
        assert_eq!(asked.floor(), EventTime::from_millis(since - 3_600_000));
    }

    #[test]
    fn a_filter_that_a_topic_cannot_have_is_refused_with_where_it_can_be_used() {
        for (topic, flags, says) in [
            (
                Topic::EditsRegistered,
                &["--min-score", "1"][..],
                "edits.classified, alerts",
            ),
            (Topic::RevisionTags, &["--no-bots"], "edits.bot"),
            (Topic::DeadLetter, &["--since", "1h"], "edits.registered"),
            (Topic::EditsBot, &["--no-bots"], "tail edits.classified"),
        ] {
            let refused = wanted(topic, flags).unwrap_err();
            assert!(refused.what.starts_with(flags[0]), "{refused:?}");
            assert!(
                refused.help.expect("help").contains(says),
                "{topic} {flags:?}"
            );
        }
    }
}
