//! The topics of the platform. Their names are a contract: the embedded log and all commands use the
//! short names, Kafka has them with a prefix.

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
    /// Raw events with facts about revisions: changed tags, reverts, scores by Wikimedia.
    RevisionTags,
    /// A [`ClassifiedEdit`](crate::classified::ClassifiedEdit) for every edit.
    EditsClassified,
    /// Records of the type [`Alert`](crate::anomaly::Alert).
    Alerts,
    /// Payloads that could not be read, each with the reason and its origin.
    DeadLetter,
}

impl Topic {
    /// All topics, in the order in which commands list them.
    pub const ALL: [Topic; 7] = [
        Topic::EditsRegistered,
        Topic::EditsAnonymous,
        Topic::EditsBot,
        Topic::RevisionTags,
        Topic::EditsClassified,
        Topic::Alerts,
        Topic::DeadLetter,
    ];

    /// The short name, which commands and settings use.
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

/// A name that is not a topic of the platform.
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
