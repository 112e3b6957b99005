//! `mediawiki.page_revert_risk_prediction_change.v1`: what Wikimedia's own models say of edits, to
//! hold ours against. The streams of its other classifications have the same schema and are
//! passed over.

use super::recentchange::required;
use super::wire::Wire;
use super::{Body, EventError};
use crate::text::Text;
use crate::time::EventTime;
use serde::{Deserialize, Serialize};

/// How the names of models begin that predict reverts, such as `revertrisk-language-agnostic`.
const MODELS: &str = "revertrisk";

/// The score that Wikimedia gave an edit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevertRisk<'a> {
    /// Database name of the wiki.
    #[serde(borrow)]
    pub wiki: Text<'a>,
    /// Title of the page, with spaces.
    pub page_title: Text<'a>,
    /// The revision that the edit made.
    pub rev_id: i64,
    /// When the edit was made.
    pub time: EventTime,
    /// Name of the model, such as `revertrisk-language-agnostic`.
    pub model: Text<'a>,
    /// Its version, as Wikimedia counts them.
    pub model_version: Option<Text<'a>>,
    /// How likely the edit is to be reverted, from 0 to 1.
    pub probability: f64,
}

impl RevertRisk<'_> {
    /// The key of the event's record: `wiki:page title`.
    pub fn key(&self) -> String {
        format!("{}:{}", self.wiki, self.page_title)
    }
}

pub(super) fn body(wire: Wire<'_>, time: Option<EventTime>) -> Result<Body<'_>, EventError> {
    let is_risk = |name: &Text<'_>| name.starts_with(MODELS);
    let classified = wire.predicted_classification;
    let name = classified.as_ref().and_then(|it| it.model_name.clone());
    let (Some(classified), Some(model)) = (classified, name.filter(is_risk)) else {
        return Ok(Body::Other {
            kind: Text::from("prediction"),
        });
    };
    let title = wire.page.and_then(|page| page.page_title);
    let title = required(title, "page.page_title")?;
    let rev_id = wire.revision.and_then(|revision| revision.rev_id);
    const PROBABILITY: &str = "predicted_classification.probabilities.true";
    let probability = classified.probabilities.and_then(|by_class| by_class.yes);
    let probability = probability.ok_or(EventError::Missing { field: PROBABILITY })?;
    if !(0.0..=1.0).contains(&probability) {
        return Err(EventError::WrongType {
            field: PROBABILITY.to_owned(),
            why: format!("{probability} is no probability"),
        });
    }
    Ok(Body::RevertRisk(Box::new(RevertRisk {
        wiki: required(wire.wiki_id, "wiki_id")?,
        page_title: match title.contains('_') {
            true => Text::from(title.replace('_', " ")),
            false => title,
        },
        rev_id: rev_id.ok_or(EventError::Missing {
            field: "revision.rev_id",
        })?,
        time: time.ok_or(EventError::Missing { field: "dt" })?,
        model,
        model_version: classified.model_version,
        probability,
    })))
}
