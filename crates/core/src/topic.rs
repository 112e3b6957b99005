//! The platform's topics: their names, which are a contract, and who owns which.
//! Kafka prefixes them; the embedded log and every command use the short names below.

use std::fmt;
use std::str::FromStr;

/// A topic of the platform. Records are keyed by `wiki:page title`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Raw events of edits by registered users, as received.
    EditsRegistered,
    /// Raw events of edits by IP addresses and temporary accounts, as received.
    EditsAnonymous,
    /// Raw events of edits flagged as a bot's, as received.
    EditsBot,
    /// Raw events that carry facts of revisions: changed tags, reverts, scores by Wikimedia.
    RevisionTags,
    /// One [`ClassifiedEdit`](crate::classified::ClassifiedEdit) for every edit.
    EditsClassified,
    /// One [`Alert`](crate::anomaly::Alert) for every alert raised.
    Alerts,
    /// What could not be read, with the reason and where it came from.
    DeadLetter,
}

impl Topic {
    /// Every topic, in the order in which they are listed to people.
    pub const ALL: [Topic; 7] = [
        Topic::EditsRegistered,
        Topic::EditsAnonymous,
        Topic::EditsBot,
        Topic::RevisionTags,
        Topic::EditsClassified,
        Topic::Alerts,
        Topic::DeadLetter,
    ];

    /// The short name, as commands and settings spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Topic::EditsRegistered => "edits.registered",
            Topic::EditsAnonymous => "edits.anonymous",
            Topic::EditsBot => "edits.bot",
            Topic::RevisionTags => "revision.tags",
            Topic::EditsClassified => "edits.classified",
            Topic::Alerts => "alerts",
            Topic::DeadLetter => "deadletter",
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is none of the platform's topics.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no topic `{0}`")]
pub struct UnknownTopic(pub String);

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Topic::ALL
            .into_iter()
            .find(|topic| topic.name() == name)
            .ok_or_else(|| UnknownTopic(name.to_owned()))
    }
}
