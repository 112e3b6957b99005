//! `mediawiki.page_revert_risk_prediction_change.v1`: the scores of Wikimedia's own models, a
//! baseline for ours. Other classifications have the same schema and are ignored.

use super::error::EventError;
use super::wire::{Wire, required, with_spaces};
use crate::text::Text;
use crate::time::EventTime;
use serde::{Deserialize, Serialize};

/// Prefix of the names of models that predict reverts, such as `revertrisk-language-agnostic`.
const MODELS: &str = "revertrisk";

/// The score that Wikimedia gave an edit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevertRisk<'a> {
    /// Database name of the wiki.
    #[serde(borrow)]
    pub wiki: Text<'a>,
    /// Title of the page, with spaces.
    pub page_title: Text<'a>,
    pub rev_id: i64,
    /// When the edit was made.
    pub time: EventTime,
    /// Name of the model, such as `revertrisk-language-agnostic`.
    pub model: Text<'a>,
    /// Wikimedia's version of the model.
    pub model_version: Option<Text<'a>>,
    /// Probability that the edit will be reverted, 0 to 1.
    pub probability: f64,
}

impl<'a> RevertRisk<'a> {
    /// `None` if the event is of a model that predicts something else than reverts.
    pub(super) fn of(
        wire: Wire<'a>,
        time: Result<EventTime, EventError>,
    ) -> Result<Option<Self>, EventError> {
        const PROBABILITY: &str = "predicted_classification.probabilities.true";
        let classified = wire.predicted_classification.0;
        let name = classified.as_ref().and_then(|it| it.model_name.0.clone());
        let is_risk = |name: &Text<'_>| name.starts_with(MODELS);
        let (Some(classified), Some(model)) = (classified, name.filter(is_risk)) else {
            return Ok(None);
        };
        let title = wire.page.0.unwrap_or_default().page_title;
        let page_title = with_spaces(required(title, "page.page_title")?);
        let rev_id = wire.revision.0.and_then(|revision| *revision.rev_id);
        let probability = (classified.probabilities.0).and_then(|by_class| *by_class.yes);
        let probability = probability.ok_or(EventError::Missing { field: PROBABILITY })?;
        if !(0.0..=1.0).contains(&probability) {
            return Err(EventError::WrongType {
                field: PROBABILITY.to_owned(),
                why: format!("{probability} is no probability"),
            });
        }
        Ok(Some(RevertRisk {
            wiki: required(wire.wiki_id, "wiki_id")?,
            page_title,
            rev_id: rev_id.ok_or(EventError::Missing {
                field: "revision.rev_id",
            })?,
            time: time?,
            model,
            model_version: classified.model_version.0,
            probability,
        }))
    }

    /// The key of the event's record: `wiki:page title`.
    pub fn key(&self) -> String {
        format!("{}:{}", self.wiki, self.page_title)
    }
}
