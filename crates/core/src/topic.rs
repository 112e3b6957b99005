//! The topics of the platform. Their names are a contract: the embedded log and all commands use the
//! short names, Kafka has them with a prefix.

use crate::user::UserType;
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

    /// The topic that takes the raw events of edits by users of a type.
    pub const fn of_edits_by(user_type: UserType) -> Self {
        match user_type {
            UserType::Registered => Topic::EditsRegistered,
            UserType::Anonymous => Topic::EditsAnonymous,
            UserType::Bot => Topic::EditsBot,
        }
    }

    /// The type of all users of a topic of raw events; `None` of other topics.
    pub fn user_type(self) -> Option<UserType> {
        let mut types = UserType::ALL.into_iter();
        types.find(|user_type| Self::of_edits_by(*user_type) == self)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use serde_json::json;

    #[test]
    fn edits_go_to_the_topic_of_their_type_of_user_and_no_others_do() {
        for (user, bot, user_type) in [
            ("Example", false, UserType::Registered),
            ("~2026-12345-67", false, UserType::Anonymous),
            ("ExampleBot", true, UserType::Bot),
        ] {
            let event = json!({
                "meta": {"id": "a", "dt": "2026-11-30T12:00:00Z"}, "type": "edit", "wiki": "enwiki",
                "title": "A", "namespace": 0, "comment": "c", "user": user, "bot": bot, "timestamp": 1_790_000_000,
                "revision": {"new": 2, "old": 1}, "length": {"new": 2, "old": 1},
            });
            let event = event.to_string();
            let route = Event::parse(event.as_bytes()).unwrap().route().unwrap();
            assert_eq!(route.user_type(), Some(user_type), "{route}");
        }
        let typed = Topic::ALL.into_iter().filter_map(Topic::user_type);
        assert_eq!(typed.collect::<Vec<_>>(), UserType::ALL);
    }
}
