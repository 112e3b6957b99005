//! The body of a request for predictions, one raw event or an array of them, and its answer: the same
//! for every server that takes such requests.

use super::{Prediction, predict};
use crate::model::Scorer;
use crate::scoring::Scoring;
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt::Formatter;

/// Events in one request, at most.
pub const MAX_EVENTS: usize = 1_000;

/// What to send, for who sent something else.
pub const REQUEST_HELP: &str =
    "send one recentchange or page_change event as a JSON object, or an array of them";

/// The answer to a body.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer<'a> {
    /// Of a body that is one event; always [`Prediction::Scored`].
    One(Prediction<'a>),
    /// Of an array, in its order.
    All(Vec<Prediction<'a>>),
}

/// Why a body as a whole is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    #[error("the body is empty")]
    Empty,
    /// It begins like an array. Has the message of the JSON parser.
    #[error("not a JSON array of events: {0}")]
    NotAnArray(String),
    #[error("the array has more than {MAX_EVENTS} events")]
    TooMany,
    /// It is one event, and that is no edit or cannot be read. Has the reason.
    #[error("{0}")]
    Event(String),
}

impl RequestError {
    /// What to do instead.
    pub const fn help(&self) -> &'static str {
        match self {
            Self::TooMany => "send several requests",
            Self::Empty | Self::NotAnArray(_) | Self::Event(_) => REQUEST_HELP,
        }
    }
}

/// Whether a body is an array of events rather than one.
///
/// # Errors
/// [`RequestError::Empty`] for a body of nothing but white space.
pub fn is_array(body: &[u8]) -> Result<bool, RequestError> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    first.map(|first| *first == b'[').ok_or(RequestError::Empty)
}

/// Scores the event or the events of a body.
///
/// # Errors
/// [`RequestError`]; an event of an array that cannot be scored is no error, its answer says why.
pub fn answer<'a>(
    body: &'a [u8],
    scorer: &'a Scorer,
    score_bots: bool,
) -> Result<Answer<'a>, RequestError> {
    let mut scoring = Scoring::new();
    if !is_array(body)? {
        let answers = predict(&mut scoring, scorer, std::iter::once(body), score_bots);
        return match answers.into_iter().next() {
            Some(Prediction::Refused { error, .. }) => Err(RequestError::Event(error)),
            Some(scored @ Prediction::Scored { .. }) => Ok(Answer::One(scored)),
            None => Err(RequestError::Empty),
        };
    }
    let Events(events) = serde_json::from_slice(body)
        .map_err(|error| RequestError::NotAnArray(error.to_string()))?;
    if events.len() > MAX_EVENTS {
        return Err(RequestError::TooMany);
    }
    let payloads = events.iter().map(|event| event.get().as_bytes());
    let answers = predict(&mut scoring, scorer, payloads, score_bots);
    Ok(Answer::All(answers))
}

/// The events of an array, and at most one more than is allowed: the rest is not looked at.
struct Events<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Events<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Events<'de>;

            fn expecting(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an array of events")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
                let mut events = Vec::new();
                while let Some(event) = all.next_element()? {
                    if events.len() <= MAX_EVENTS {
                        events.push(event);
                    }
                }
                Ok(Events(events))
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}
