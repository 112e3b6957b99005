//! The parameters of a filter: their names, and the topics whose records have what they ask for.

use wikisentry_core::topic::Topic;

/// A parameter of a [`Filter`](super::Filter).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    Wiki,
    User,
    UserType,
    Page,
    MinScore,
    Class,
    Kind,
    NoBots,
    Since,
    Until,
}

impl Parameter {
    /// All of them, in the order in which messages name them.
    pub const ALL: [Parameter; 10] = [
        Parameter::Wiki,
        Parameter::User,
        Parameter::UserType,
        Parameter::Page,
        Parameter::MinScore,
        Parameter::Class,
        Parameter::Kind,
        Parameter::NoBots,
        Parameter::Since,
        Parameter::Until,
    ];

    /// The name in a query; as a flag with hyphens.
    pub const fn name(self) -> &'static str {
        match self {
            Parameter::Wiki => "wiki",
            Parameter::User => "user",
            Parameter::UserType => "user_type",
            Parameter::Page => "page",
            Parameter::MinScore => "min_score",
            Parameter::Class => "class",
            Parameter::Kind => "kind",
            Parameter::NoBots => "no_bots",
            Parameter::Since => "since",
            Parameter::Until => "until",
        }
    }

    /// The name on the command line.
    pub fn flag(self) -> String {
        format!("--{}", self.name().replace('_', "-"))
    }

    /// Whether it may be given several times; a record is taken if it has any of the values.
    pub const fn is_repeatable(self) -> bool {
        matches!(
            self,
            Parameter::Wiki
                | Parameter::User
                | Parameter::UserType
                | Parameter::Page
                | Parameter::Class
                | Parameter::Kind
        )
    }

    /// Whether records of the topic have what it asks for.
    pub fn is_of(self, topic: Topic) -> bool {
        match self {
            Parameter::Wiki | Parameter::Page | Parameter::Since | Parameter::Until => {
                topic != Topic::DeadLetter
            }
            Parameter::User | Parameter::UserType | Parameter::NoBots => {
                !matches!(topic, Topic::DeadLetter | Topic::RevisionTags)
            }
            Parameter::MinScore | Parameter::Class => {
                matches!(topic, Topic::EditsClassified | Topic::Alerts)
            }
            Parameter::Kind => topic == Topic::Alerts,
        }
    }

    /// What records have by which it goes.
    pub(super) const fn goes_by(self) -> &'static str {
        match self {
            Parameter::Wiki => "wiki",
            Parameter::User => "user",
            Parameter::UserType | Parameter::NoBots => "type of user",
            Parameter::Page => "page",
            Parameter::MinScore => "score",
            Parameter::Class => "class",
            Parameter::Kind => "kind",
            Parameter::Since | Parameter::Until => "event time",
        }
    }
}
