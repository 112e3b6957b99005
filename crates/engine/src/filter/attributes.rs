//! What a filter looks at in a record of a topic.

use serde::Deserialize;
use wikisentry_core::anomaly::AlertKind;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_core::user::UserType;

/// What a record says of itself; `None` where it does not.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Attributes<'a> {
    pub wiki: Option<Text<'a>>,
    pub page: Option<Text<'a>>,
    pub user: Option<Text<'a>>,
    pub user_type: Option<UserType>,
    pub score: Option<f64>,
    pub class: Option<Text<'a>>,
    pub kind: Option<AlertKind>,
    /// When the edit was made; of an alert, the edit that caused it.
    pub time: Option<EventTime>,
}

impl<'a> Attributes<'a> {
    /// `None` if the value is no record of the topic. All is `None` of a dead letter.
    pub fn read(topic: Topic, value: &'a [u8]) -> Option<Self> {
        match topic {
            Topic::EditsClassified => {
                let read: Classified<'a> = serde_json::from_slice(value).ok()?;
                Some(read.into())
            }
            Topic::Alerts => {
                let read: Alert<'a> = serde_json::from_slice(value).ok()?;
                Some(read.into())
            }
            Topic::DeadLetter => Some(Self::default()),
            _ => Self::of_event(topic, Event::parse(value).ok()?),
        }
    }

    fn of_event(topic: Topic, event: Event<'a>) -> Option<Self> {
        let (wiki, page, time) = match event.body {
            Body::Edit(edit) => {
                return Some(Self {
                    wiki: Some(edit.wiki),
                    page: Some(edit.page_title),
                    user: edit.user,
                    // Of a user who was hidden later, only the topic still tells it.
                    user_type: topic.user_type().or(Some(edit.user_type)),
                    time: Some(edit.event_time),
                    ..Self::default()
                });
            }
            Body::LabelFact(fact) => (fact.wiki, fact.page_title, fact.time),
            Body::RevertRisk(risk) => (risk.wiki, risk.page_title, risk.time),
            Body::Canary | Body::Other { .. } => return None,
        };
        Some(Self {
            wiki: Some(wiki),
            page: Some(page),
            time: Some(time),
            ..Self::default()
        })
    }
}

/// The fields of a classified edit that are looked at.
#[derive(Deserialize)]
struct Classified<'a> {
    #[serde(borrow)]
    wiki: Text<'a>,
    page_title: Text<'a>,
    user: Option<Text<'a>>,
    user_type: UserType,
    score: Option<f64>,
    class: Option<Text<'a>>,
    event_time: EventTime,
}

impl<'a> From<Classified<'a>> for Attributes<'a> {
    fn from(read: Classified<'a>) -> Self {
        Self {
            wiki: Some(read.wiki),
            page: Some(read.page_title),
            user: read.user,
            user_type: Some(read.user_type),
            score: read.score,
            class: read.class,
            kind: None,
            time: Some(read.event_time),
        }
    }
}

/// The same of an alert.
#[derive(Deserialize)]
struct Alert<'a> {
    kind: AlertKind,
    #[serde(borrow, default)]
    wiki: Option<Text<'a>>,
    #[serde(default)]
    user_type: Option<UserType>,
    event_time: EventTime,
    #[serde(borrow, default)]
    details: Details<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details<'a> {
    #[serde(borrow)]
    page_title: Option<Text<'a>>,
    user: Option<Text<'a>>,
    score: Option<f64>,
    class: Option<Text<'a>>,
}

impl<'a> From<Alert<'a>> for Attributes<'a> {
    fn from(read: Alert<'a>) -> Self {
        let details = read.details;
        // Alerts of earlier versions do not have it; those were of bots only if these were scored.
        let by_name = || {
            details
                .user
                .as_deref()
                .map(|name| UserType::of(Some(name), false))
        };
        Self {
            user_type: read.user_type.or_else(by_name),
            wiki: read.wiki,
            page: details.page_title,
            user: details.user,
            score: details.score,
            class: details.class,
            kind: Some(read.kind),
            time: Some(read.event_time),
        }
    }
}
