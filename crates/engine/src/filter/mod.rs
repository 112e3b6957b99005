//! Which records of a topic are wanted, by what they say: one definition for the command line, the
//! HTTP API and all profiles. What an edit does not say, such as a hidden name, fits no value.

mod attributes;
mod parameter;
mod pattern;
#[cfg(test)]
mod tests;

pub use parameter::Parameter;
pub use pattern::{NotAPattern, Pattern};

use attributes::Attributes;
use wikisentry_core::anomaly::AlertKind;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_core::user::UserType;

/// Values of all parameters together, at most: each record is compared with them.
const MAX_VALUES: usize = 64;

/// What a record must be like. An empty list or `None` asks for nothing; of several values a record
/// must have one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    pub wikis: Vec<Pattern>,
    /// Names of users, IP addresses and temporary accounts.
    pub users: Vec<Pattern>,
    pub user_types: Vec<UserType>,
    /// Titles with their namespace.
    pub pages: Vec<Pattern>,
    /// The lowest score, 0 to 1. What has no score is not taken.
    pub min_score: Option<f64>,
    /// The model's classes, such as `high`.
    pub classes: Vec<String>,
    pub kinds: Vec<AlertKind>,
    /// Nothing by bots. What is by nobody, such as the alert of a silent feed, is taken.
    pub no_bots: bool,
    /// The first moment at which an edit was made.
    pub since: Option<EventTime>,
    /// The moment before which it was made.
    pub until: Option<EventTime>,
}

/// Why a filter is none for a topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Its records do not have what is asked for.
    #[error("records of {topic} have no {what}", what = .parameter.goes_by())]
    NotOfTopic { parameter: Parameter, topic: Topic },
    /// They are all alike in what is asked for.
    #[error("all records of {topic} are of {user_type} users")]
    OtherUsers {
        parameter: Parameter,
        topic: Topic,
        user_type: UserType,
    },
    /// No time is in between.
    #[error("it is not later than `since`")]
    NoTime,
    #[error("a filter may have {MAX_VALUES} values")]
    TooMany { parameter: Parameter },
}

impl Misfit {
    /// The parameter at fault.
    pub fn parameter(&self) -> Parameter {
        match self {
            Self::NotOfTopic { parameter, .. }
            | Self::OtherUsers { parameter, .. }
            | Self::TooMany { parameter } => *parameter,
            Self::NoTime => Parameter::Until,
        }
    }
}

impl Filter {
    /// Whether every record is taken.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it can take a record of the topic at all.
    ///
    /// # Errors
    /// The first parameter that means nothing there, or lets nothing through.
    pub fn check(&self, topic: Topic) -> Result<(), Misfit> {
        let values = self.values();
        if let Some((parameter, _)) = values.get(MAX_VALUES) {
            return Err(Misfit::TooMany {
                parameter: *parameter,
            });
        }
        for (parameter, _) in values {
            if !parameter.is_of(topic) {
                return Err(Misfit::NotOfTopic { parameter, topic });
            }
        }
        if let Some(user_type) = topic.user_type() {
            let misfit = |parameter| Misfit::OtherUsers {
                parameter,
                topic,
                user_type,
            };
            if !self.user_types.is_empty() && !self.user_types.contains(&user_type) {
                return Err(misfit(Parameter::UserType));
            }
            if self.no_bots && user_type == UserType::Bot {
                return Err(misfit(Parameter::NoBots));
            }
        }
        match (self.since, self.until) {
            (Some(since), Some(until)) if since >= until => Err(Misfit::NoTime),
            _ => Ok(()),
        }
    }

    /// Whether a record is wanted that was appended at `appended`. Its own time counts no more than an
    /// hour after that ([`EventTime::bounded`]), so that readers need not look further back.
    pub fn takes(&self, topic: Topic, appended: EventTime, value: &[u8]) -> bool {
        if self.is_empty() {
            return true;
        }
        let Some(found) = Attributes::read(topic, value) else {
            return false;
        };
        let name = |patterns: &[Pattern], name: Option<&str>| {
            let fits = |name: &str| patterns.iter().any(|pattern| pattern.fits(name));
            patterns.is_empty() || name.is_some_and(fits)
        };
        let time = found.time.map(|time| time.bounded(appended));
        one_of(&self.kinds, found.kind)
            && one_of(&self.user_types, found.user_type)
            && !(self.no_bots && found.user_type == Some(UserType::Bot))
            && (self.min_score).is_none_or(|least| found.score.is_some_and(|score| score >= least))
            && (self.since).is_none_or(|since| time.is_some_and(|time| time >= since))
            && (self.until).is_none_or(|until| time.is_some_and(|time| time < until))
            && one_of(&self.classes, found.class.as_deref())
            && name(&self.wikis, found.wiki.as_deref())
            && name(&self.users, found.user.as_deref())
            && name(&self.pages, found.page.as_deref())
    }

    /// Every value with its parameter, as a query has them.
    pub fn values(&self) -> Vec<(Parameter, String)> {
        let mut values = Vec::new();
        let mut add = |parameter, value: String| values.push((parameter, value));
        for (parameter, patterns) in [
            (Parameter::Wiki, &self.wikis),
            (Parameter::User, &self.users),
            (Parameter::Page, &self.pages),
        ] {
            patterns
                .iter()
                .for_each(|one| add(parameter, one.to_string()));
        }
        for one in &self.user_types {
            add(Parameter::UserType, one.name().to_owned());
        }
        for one in &self.classes {
            add(Parameter::Class, one.clone());
        }
        for one in &self.kinds {
            add(Parameter::Kind, one.name().to_owned());
        }
        if let Some(score) = self.min_score {
            add(Parameter::MinScore, score.to_string());
        }
        if self.no_bots {
            add(Parameter::NoBots, true.to_string());
        }
        if let Some(time) = self.since {
            add(Parameter::Since, time.to_string());
        }
        if let Some(time) = self.until {
            add(Parameter::Until, time.to_string());
        }
        values
    }
}

/// Whether a value is one of those wanted, or none is asked for.
fn one_of<W: PartialEq<V>, V>(wanted: &[W], found: Option<V>) -> bool {
    wanted.is_empty() || found.is_some_and(|found| wanted.iter().any(|one| *one == found))
}
