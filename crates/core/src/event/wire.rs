//! The wire forms: one struct with the fields of all streams, so that one pass reads any of them.
//! The names and types are those of Wikimedia's schemas `recentchange` (1.0.1 and, from 2018, those
//! without `$schema`), `page/change` (1.3.0; `revision.revert` is of 1.12.0), `revision/tags-change`
//! (1.0.1) and `page/prediction_classification_change` (1.2.0).

use super::error::EventError;
use super::object::{object, optional_object};
use crate::bookmark::Position;
use crate::text::Text;
use crate::time::EventTime;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Wire<'a> {
    #[serde(borrow, rename = "$schema")]
    pub schema: Option<Text<'a>>,
    #[serde(deserialize_with = "object")]
    pub meta: Meta<'a>,

    // recentchange
    #[serde(rename = "type")]
    pub kind: Option<Text<'a>>,
    pub namespace: Option<i64>,
    pub title: Option<Text<'a>>,
    pub comment: Option<Text<'a>>,
    pub timestamp: Option<i64>,
    pub user: Option<Text<'a>>,
    pub bot: Option<bool>,
    pub minor: Option<bool>,
    pub patrolled: Option<bool>,
    #[serde(default, deserialize_with = "optional_object")]
    pub length: Option<OldNew>,
    pub wiki: Option<Text<'a>>,

    /// `{old, new}` in recentchange, a whole record in page_change.
    #[serde(default, deserialize_with = "optional_object")]
    pub revision: Option<Revision<'a>>,

    // page_change
    pub page_change_kind: Option<Text<'a>>,
    pub wiki_id: Option<Text<'a>>,
    pub dt: Option<Text<'a>>,
    #[serde(default, deserialize_with = "optional_object")]
    pub page: Option<Page<'a>>,
    #[serde(default, deserialize_with = "optional_object")]
    pub performer: Option<Performer<'a>>,
    #[serde(default, deserialize_with = "optional_object")]
    pub prior_state: Option<PriorState<'a>>,

    // revision-tags-change
    pub database: Option<Text<'a>>,
    pub page_title: Option<Text<'a>>,
    pub rev_id: Option<i64>,
    pub tags: Option<Vec<Text<'a>>>,

    // prediction_classification_change, which has the fields of page_change too
    #[serde(default, deserialize_with = "optional_object")]
    pub predicted_classification: Option<PredictedClassification<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Meta<'a> {
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    pub dt: Option<Text<'a>>,
    pub domain: Option<Text<'a>>,
    pub stream: Option<Text<'a>>,
    pub schema_uri: Option<Text<'a>>,
    pub topic: Option<Text<'a>>,
    pub partition: Option<i32>,
    pub offset: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct OldNew {
    pub old: Option<i64>,
    pub new: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Revision<'a> {
    pub old: Option<i64>,
    pub new: Option<i64>,
    pub rev_id: Option<i64>,
    pub rev_parent_id: Option<i64>,
    pub rev_size: Option<i64>,
    pub is_minor_edit: Option<bool>,
    #[serde(borrow)]
    pub comment: Option<Text<'a>>,
    #[serde(default, deserialize_with = "optional_object")]
    pub revert: Option<Revert>,
}

/// Of edits that MediaWiki takes for reverts, from schema 1.12.0 on.
#[derive(Deserialize)]
pub(super) struct Revert {
    pub rev_reverted_oldest_id: Option<i64>,
    pub rev_reverted_newest_id: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Page<'a> {
    pub page_id: Option<i64>,
    #[serde(borrow)]
    pub page_title: Option<Text<'a>>,
    pub namespace_id: Option<i64>,
    pub revision_count: Option<i64>,
}

#[derive(Default, Deserialize)]
pub(super) struct Performer<'a> {
    pub user_id: Option<i64>,
    #[serde(borrow)]
    pub user_text: Option<Text<'a>>,
    pub groups: Option<Vec<Text<'a>>>,
    pub is_bot: Option<bool>,
    pub is_temp: Option<bool>,
    pub edit_count: Option<i64>,
    pub registration_dt: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct PriorState<'a> {
    #[serde(default, deserialize_with = "optional_object")]
    pub revision: Option<PriorRevision>,
    /// Only revision-tags-change has them.
    #[serde(borrow)]
    pub tags: Option<Vec<Text<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct PriorRevision {
    pub rev_size: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct PredictedClassification<'a> {
    #[serde(borrow)]
    pub model_name: Option<Text<'a>>,
    pub model_version: Option<Text<'a>>,
    #[serde(default, deserialize_with = "optional_object")]
    pub probabilities: Option<Probabilities>,
}

/// The probability of each class of a model with the classes `true` and `false`.
#[derive(Deserialize)]
pub(super) struct Probabilities {
    #[serde(rename = "true")]
    pub yes: Option<f64>,
}

impl<'a> Meta<'a> {
    /// `None` for negative numbers: the service takes -1 for the end of the partition.
    pub fn position(&self) -> Option<Position<'a>> {
        Some(Position {
            topic: self.topic.clone()?,
            partition: self.partition.or(Some(0)).filter(|it| *it >= 0)?,
            offset: self.offset.filter(|it| *it >= 0)?,
        })
    }
}

impl<'a> Wire<'a> {
    /// When the event happened: its `dt`, else `meta.dt`, by which the service resumes and which has
    /// milliseconds, else the wiki's `timestamp` in seconds, up to some seconds earlier.
    pub fn time(&self) -> Result<Option<EventTime>, EventError> {
        for (field, text) in [("dt", &self.dt), ("meta.dt", &self.meta.dt)] {
            if let Some(text) = text {
                let bad = || EventError::bad_time(field, text);
                return EventTime::parse(text).ok_or_else(bad).map(Some);
            }
        }
        let Some(seconds) = self.timestamp else {
            return Ok(None);
        };
        let bad = || EventError::bad_time("timestamp", &seconds.to_string());
        EventTime::from_seconds(seconds).ok_or_else(bad).map(Some)
    }

    pub fn is_canary(&self) -> bool {
        self.meta.domain.as_deref() == Some("canary")
    }

    pub fn is_page_change(&self) -> bool {
        let is_named = || self.is_of("mediawiki/page/change/", "page_change");
        !self.is_prediction() && (self.page_change_kind.is_some() || is_named())
    }

    pub fn is_prediction(&self) -> bool {
        let schema = "mediawiki/page/prediction_classification_change/";
        self.is_of(schema, "prediction_change")
    }

    pub fn is_tags_change(&self) -> bool {
        self.is_of("mediawiki/revision/tags-change/", "revision-tags-change")
    }

    /// Whether the event has this schema or, if it names none, comes from this stream.
    fn is_of(&self, schema: &str, stream: &str) -> bool {
        match self.schema.as_deref().or(self.meta.schema_uri.as_deref()) {
            Some(named) => named.trim_start_matches('/').starts_with(schema),
            None => self.stream().is_some_and(|named| named.contains(stream)),
        }
    }

    pub fn stream(&self) -> Option<&Text<'a>> {
        self.meta.stream.as_ref().or(self.meta.topic.as_ref())
    }
}

/// A field that an event must have. An empty value counts as missing: records are keyed by it.
pub(super) fn required<'a>(
    value: Option<Text<'a>>,
    field: &'static str,
) -> Result<Text<'a>, EventError> {
    value
        .filter(|text| !text.is_empty())
        .ok_or(EventError::Missing { field })
}

/// A title in its canonical form, as recentchange writes it: other streams have `_` for spaces.
pub(super) fn with_spaces(title: Text<'_>) -> Text<'_> {
    match title.contains('_') {
        true => Text::from(title.replace('_', " ")),
        false => title,
    }
}
