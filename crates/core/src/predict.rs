//! Scores raw events that are not part of the pipeline: `wikisentry predict`, `POST /predict` and
//! the serving engine answer with these records. Contract: `docs/contracts/prediction.schema.json`.

use crate::edit::Edit;
use crate::event::{Body, Event};
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
        /// `meta.id` of the event.
        meta_id: Text<'a>,
        /// Database name of the wiki.
        wiki: Text<'a>,
        /// The revision.
        rev_id: Option<i64>,
        /// Who made it.
        user_type: UserType,
        /// Calibrated probability of damage; null for bots unless asked for.
        score: Option<f64>,
        /// The model's class of the score.
        class: Option<&'a str>,
        /// The model that scored it.
        model_version: Option<&'a str>,
    },
    /// It is not, or cannot be read.
    Refused {
        /// `meta.id` of the event, if it could be read.
        meta_id: Option<Text<'a>>,
        /// What is wrong with it.
        error: String,
    },
}

/// Answers for raw events, in their order.
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
            Err(refused) => Some(refused),
        })
        .collect();
    let scores = scoring.score(scorer, &edits, score_bots);
    let mut scored = edits
        .into_iter()
        .zip(scores)
        .map(|(edit, score)| Prediction::Scored {
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

/// The edit that a raw event is.
///
/// # Errors
/// The answer for what is no edit or cannot be read.
pub fn edit_of(payload: &[u8]) -> Result<Edit<'_>, Prediction<'_>> {
    let refused = |meta_id, error| Prediction::Refused { meta_id, error };
    match Event::parse(payload) {
        Ok(Event {
            body: Body::Edit(edit),
            ..
        }) => Ok(*edit),
        Ok(Event { id, body, .. }) => Err(refused(id, format!("not an edit: {}", kind(&body)))),
        Err(error) => Err(refused(None, error.to_string())),
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
