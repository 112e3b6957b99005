//! Which records of a topic are wanted, and how that is asked for over HTTP. The command line makes
//! the same of its flags.

use super::moment::{Clock, Moment};
use super::start::Start;
use crate::filter::{Filter, Misfit, Parameter};
use std::fmt::Display;
use std::str::FromStr;
use url::form_urlencoded;
use wikisentry_core::anomaly::AlertKind;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_core::user::UserType;

/// Records read unless asked otherwise.
const DEFAULT_RECORDS: u64 = 10;

/// Which records are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub topic: Topic,
    pub from: Start,
    /// No end if `None`.
    pub max: Option<u64>,
    /// Go on as records come.
    pub follow: bool,
    pub filter: Filter,
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadQuery {
    #[error("there is no parameter `{0}`")]
    Unknown(String),
    #[error("`{0}` is given twice")]
    Twice(&'static str),
    #[error("{name}: {why}")]
    Value { name: &'static str, why: String },
    #[error("{name}: {0}", name = .0.parameter().name())]
    Misfit(#[from] Misfit),
    #[error("until: what is followed has no end")]
    EndlessUntil,
}

/// Parameters of a query besides those of the filter.
const OTHERS: [&str; 3] = ["from", "max", "follow"];

/// All parameters of a query.
pub fn parameters() -> impl Iterator<Item = &'static str> {
    OTHERS
        .into_iter()
        .chain(Parameter::ALL.map(Parameter::name))
}

impl Wanted {
    /// All that is asked for, put together and checked. Without `from` it is all since `filter.since`, or
    /// the last `max` records, or the last ten.
    ///
    /// # Errors
    /// If the filter is none for the topic, or has an end where records are followed.
    pub fn new(
        topic: Topic,
        from: Option<Start>,
        max: Option<u64>,
        follow: bool,
        filter: Filter,
    ) -> Result<Self, BadQuery> {
        filter.check(topic)?;
        if follow && filter.until.is_some() {
            return Err(BadQuery::EndlessUntil);
        }
        let from = from.unwrap_or(match max {
            _ if filter.since.is_some() => Start::Beginning,
            Some(max) if !follow => Start::Last(max),
            _ => Start::Last(DEFAULT_RECORDS),
        });
        Ok(Self {
            topic,
            from,
            max,
            follow,
            filter,
        })
    }

    /// Reads the query of `GET /v1/topics/{topic}`.
    ///
    /// # Errors
    /// For the first parameter that is not one, is given twice though it has one value, has another
    /// value than it may, or is none for the topic.
    pub fn of_query(topic: Topic, query: &str, clock: &Clock) -> Result<Self, BadQuery> {
        let mut filter = Filter::default();
        let (mut from, mut max, mut follow, mut no_bots) = (None, None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.as_ref();
            match name.as_ref() {
                "from" => {
                    let start: Start<Moment> = read("from", value)?;
                    once("from", &mut from, start.resolve(clock))?;
                }
                "max" => once("max", &mut max, count("max", value)?)?,
                "follow" => once("follow", &mut follow, yes_or_no("follow", value)?)?,
                name => {
                    let known = Parameter::ALL.into_iter().find(|one| one.name() == name);
                    let parameter = known.ok_or_else(|| BadQuery::Unknown(name.to_owned()))?;
                    take(&mut filter, &mut no_bots, parameter, value, clock)?;
                }
            }
        }
        filter.no_bots = no_bots.unwrap_or(false);
        Self::new(topic, from, max, follow.unwrap_or(false), filter)
    }

    /// The query that asks for the same.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![
            ("from", self.from.to_string()),
            ("follow", self.follow.to_string()),
        ];
        query.extend(self.max.map(|max| ("max", max.to_string())));
        let values = self.filter.values().into_iter();
        query.extend(values.map(|(parameter, value)| (parameter.name(), value)));
        query
    }

    /// Refuses a class that no model gives: a misspelt one would find nothing, which reads like an
    /// answer.
    ///
    /// # Errors
    /// For the first class of the filter that is not one of `known`.
    pub fn check_classes(&self, known: &[String]) -> Result<(), BadQuery> {
        let mut classes = self.filter.classes.iter();
        match classes.find(|class| !known.contains(class)) {
            Some(class) => Err(bad(
                Parameter::Class.name(),
                format!("`{class}` is not one of the model's: {}", known.join(", ")),
            )),
            None => Ok(()),
        }
    }

    /// When the first record can have been appended that the filter takes. Readers look at nothing
    /// before it, wherever they start.
    pub fn floor(&self) -> Option<EventTime> {
        self.filter.since.map(EventTime::earliest_arrival)
    }

    /// Whether the filter takes a record.
    pub fn takes(&self, appended: EventTime, value: &[u8]) -> bool {
        self.filter.takes(self.topic, appended, value)
    }
}

/// Takes one value of a filter in. Whether `no_bots` was given, the filter does not tell.
fn take(
    filter: &mut Filter,
    no_bots: &mut Option<bool>,
    parameter: Parameter,
    value: &str,
    clock: &Clock,
) -> Result<(), BadQuery> {
    let name = parameter.name();
    let moment = || Ok::<_, BadQuery>(read::<Moment>(name, value)?.resolve(clock));
    match parameter {
        Parameter::Wiki => filter.wikis.push(read(name, value)?),
        Parameter::User => filter.users.push(read(name, value)?),
        Parameter::Page => filter.pages.push(read(name, value)?),
        Parameter::UserType => {
            let types = UserType::ALL.map(|one| (one.name(), one));
            filter.user_types.push(named(name, value, &types)?);
        }
        Parameter::Kind => {
            let kinds = AlertKind::ALL.map(|one| (one.name(), one));
            filter.kinds.push(named(name, value, &kinds)?);
        }
        Parameter::Class if value.is_empty() => {
            return Err(bad(
                name,
                "it is empty; give a class of the model, such as `high`".to_owned(),
            ));
        }
        Parameter::Class => filter.classes.push(value.to_owned()),
        Parameter::MinScore => {
            let score = share(value).map_err(|why| bad(name, why))?;
            once(name, &mut filter.min_score, score)?;
        }
        Parameter::NoBots => once(name, no_bots, yes_or_no(name, value)?)?,
        Parameter::Since => once(name, &mut filter.since, moment()?)?,
        Parameter::Until => once(name, &mut filter.until, moment()?)?,
    }
    Ok(())
}

/// A score as it is given: a number from 0 to 1.
///
/// # Errors
/// The reason, if it is none.
pub fn share(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok();
    let share = number.filter(|number| (0.0..=1.0).contains(number));
    share.ok_or_else(|| format!("`{text}` is not a number from 0 to 1"))
}

fn count(name: &'static str, value: &str) -> Result<u64, BadQuery> {
    let not_a_count = |_| {
        let most = u64::MAX;
        bad(
            name,
            format!("`{value}` is not a whole number from 0 to {most}"),
        )
    };
    value.parse().map_err(not_a_count)
}

fn yes_or_no(name: &'static str, value: &str) -> Result<bool, BadQuery> {
    let neither = |_| bad(name, format!("`{value}` is neither `true` nor `false`"));
    value.parse().map_err(neither)
}

fn named<T: Copy>(name: &'static str, value: &str, all: &[(&str, T)]) -> Result<T, BadQuery> {
    let found = all.iter().find(|(known, _)| *known == value);
    found.map(|(_, one)| *one).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|(known, _)| *known).collect();
        bad(
            name,
            format!("`{value}` is not one of {}", known.join(", ")),
        )
    })
}

fn read<T: FromStr<Err: Display>>(name: &'static str, value: &str) -> Result<T, BadQuery> {
    value
        .parse()
        .map_err(|error: T::Err| bad(name, error.to_string()))
}

fn bad(name: &'static str, why: String) -> BadQuery {
    BadQuery::Value { name, why }
}

fn once<T>(name: &'static str, place: &mut Option<T>, value: T) -> Result<(), BadQuery> {
    match place.replace(value) {
        Some(_) => Err(BadQuery::Twice(name)),
        None => Ok(()),
    }
}
