//! Scores raw events outside the pipeline: the answers of `wikisentry predict`, `POST /predict` and
//! the serving engine. Contract: `docs/contracts/prediction.schema.json`.

mod request;

pub use request::{Answer, MAX_EVENTS, REQUEST_HELP, RequestError, answer, is_array};

use crate::edit::Edit;
use crate::event::{Body, Event};
use crate::link::diff_of;
use crate::model::Scorer;
use crate::scoring::Scoring;
use crate::text::Text;
use crate::user::UserType;
use serde::Serialize;

/// The answer for one raw event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Prediction<'a> {
    /// The event is an edit.
    Scored {
        meta_id: Text<'a>,
        /// Database name of the wiki.
        wiki: Text<'a>,
        rev_id: Option<i64>,
        /// The page that shows what the edit changed; absent if there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        user_type: UserType,
        /// Calibrated probability of damage, 0 to 1; null for bots by default, as the next two.
        score: Option<f64>,
        class: Option<&'a str>,
        /// Name and version of the model, e.g. `edit-risk/1`.
        model_version: Option<&'a str>,
    },
    /// The event is not an edit or cannot be read.
    Refused {
        /// The `meta.id` of the event, if it could be read.
        meta_id: Option<Text<'a>>,
        /// The reason, as one sentence.
        error: String,
        /// Whether it could not even be read.
        #[serde(skip)]
        is_unreadable: bool,
    },
}

impl Prediction<'_> {
    /// Whether the event could not even be read.
    pub fn is_unreadable(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                is_unreadable: true,
                ..
            }
        )
    }
}

/// The answers for raw events, in the same order.
pub fn predict<'a>(
    scoring: &mut Scoring,
    scorer: &'a Scorer,
    payloads: impl IntoIterator<Item = &'a [u8]>,
    score_bots: bool,
) -> Vec<Prediction<'a>> {
    let mut edits: Vec<Edit<'a>> = Vec::new();
    let read: Vec<Option<Prediction<'a>>> = payloads
        .into_iter()
        .map(|payload| match edit_of(payload) {
            Ok(edit) => {
                edits.push(edit);
                None
            }
            Err(refused) => Some(*refused),
        })
        .collect();
    let scores = scoring.score(scorer, &edits, score_bots);
    let mut scored = edits
        .into_iter()
        .zip(scores)
        .map(|(edit, score)| Prediction::Scored {
            url: diff_of(&edit),
            meta_id: edit.meta_id,
            wiki: edit.wiki,
            rev_id: edit.rev_id,
            user_type: edit.user_type,
            score: score.map(|score| score.score),
            class: score.map(|score| score.class),
            model_version: score.map(|_| scorer.version()),
        });
    read.into_iter()
        .filter_map(|refused| refused.or_else(|| scored.next()))
        .collect()
}

/// Reads a raw event that must be an edit.
///
/// # Errors
/// [`Prediction::Refused`] for an event that is not an edit or cannot be read.
pub fn edit_of(payload: &[u8]) -> Result<Edit<'_>, Box<Prediction<'_>>> {
    let no_edit = |meta_id, error| {
        Box::new(Prediction::Refused {
            meta_id,
            error,
            is_unreadable: false,
        })
    };
    match Event::parse(payload) {
        Ok(Event {
            body: Body::Edit(edit),
            ..
        }) => Ok(*edit),
        Ok(Event { id, body, .. }) => Err(no_edit(id, format!("not an edit: {}", kind(&body)))),
        Err(error) => Err(Box::new(Prediction::Refused {
            meta_id: None,
            error: error.to_string(),
            is_unreadable: true,
        })),
    }
}

fn kind(body: &Body<'_>) -> &'static str {
    match body {
        Body::Canary => "a canary event",
        Body::LabelFact(_) => "a change of tags",
        Body::RevertRisk(_) => "a score by Wikimedia",
        Body::Edit(_) | Body::Other { .. } => "an event of another type",
    }
}
