//! The wire forms: one struct with the fields of all streams, so that one pass reads any of them.
//! The names and types are those of Wikimedia's schemas `recentchange` (1.0.1 and, from 2018, those
//! without `$schema`), `page/change` (1.3.0; `revision.revert` is of 1.12.0), `revision/tags-change`
//! (1.0.1) and `page/prediction_classification_change` (1.2.0). A value of another type counts as
//! absent, see [`super::lenient`].

use super::error::EventError;
use super::lenient::{Loose, Partition, read_from_objects};
use crate::bookmark::Position;
use crate::text::Text;
use crate::time::EventTime;
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wire<'a> {
    #[serde(borrow, rename = "$schema")]
    pub schema: Loose<Text<'a>>,
    pub meta: Loose<Meta<'a>>,

    // recentchange
    #[serde(rename = "type")]
    pub kind: Loose<Text<'a>>,
    pub namespace: Loose<i64>,
    pub title: Loose<Text<'a>>,
    pub comment: Loose<Text<'a>>,
    pub timestamp: Loose<i64>,
    pub user: Loose<Text<'a>>,
    pub bot: Loose<bool>,
    pub minor: Loose<bool>,
    pub patrolled: Loose<bool>,
    pub length: Loose<OldNew>,
    pub wiki: Loose<Text<'a>>,

    /// `{old, new}` in recentchange, a whole record in page_change.
    pub revision: Loose<Revision<'a>>,

    // page_change
    pub page_change_kind: Loose<Text<'a>>,
    pub wiki_id: Loose<Text<'a>>,
    pub dt: Loose<Text<'a>>,
    pub page: Loose<Page<'a>>,
    pub performer: Loose<Performer<'a>>,
    pub prior_state: Loose<PriorState<'a>>,
    /// Of moves that leave a redirect.
    pub created_redirect_page: Loose<Page<'a>>,

    // revision-tags-change
    pub database: Loose<Text<'a>>,
    pub page_title: Loose<Text<'a>>,
    pub rev_id: Loose<i64>,
    pub tags: Loose<Vec<Text<'a>>>,

    // prediction_classification_change, which has the fields of page_change too
    pub predicted_classification: Loose<PredictedClassification<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Meta<'a> {
    #[serde(borrow)]
    pub id: Loose<Text<'a>>,
    pub request_id: Loose<Text<'a>>,
    pub dt: Loose<Text<'a>>,
    pub domain: Loose<Text<'a>>,
    pub stream: Loose<Text<'a>>,
    pub schema_uri: Loose<Text<'a>>,
    pub topic: Loose<Text<'a>>,
    pub partition: Loose<Partition>,
    pub offset: Loose<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct OldNew {
    pub old: Loose<i64>,
    pub new: Loose<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Revision<'a> {
    pub old: Loose<i64>,
    pub new: Loose<i64>,
    pub rev_id: Loose<i64>,
    pub rev_parent_id: Loose<i64>,
    pub rev_size: Loose<i64>,
    pub is_minor_edit: Loose<bool>,
    #[serde(borrow)]
    pub comment: Loose<Text<'a>>,
    pub revert: Loose<Revert>,
}

/// Of edits that MediaWiki takes for reverts, from schema 1.12.0 on.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Revert {
    pub rev_reverted_oldest_id: Loose<i64>,
    pub rev_reverted_newest_id: Loose<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Page<'a> {
    pub page_id: Loose<i64>,
    #[serde(borrow)]
    pub page_title: Loose<Text<'a>>,
    pub namespace_id: Loose<i64>,
    pub is_redirect: Loose<bool>,
    pub revision_count: Loose<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Performer<'a> {
    pub user_id: Loose<i64>,
    #[serde(borrow)]
    pub user_text: Loose<Text<'a>>,
    pub groups: Loose<Vec<Text<'a>>>,
    pub is_bot: Loose<bool>,
    pub is_temp: Loose<bool>,
    pub edit_count: Loose<i64>,
    pub registration_dt: Loose<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PriorState<'a> {
    pub revision: Loose<PriorRevision>,
    /// Only revision-tags-change has them.
    #[serde(borrow)]
    pub tags: Loose<Vec<Text<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PriorRevision {
    pub rev_size: Loose<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PredictedClassification<'a> {
    #[serde(borrow)]
    pub model_name: Loose<Text<'a>>,
    pub model_version: Loose<Text<'a>>,
    pub probabilities: Loose<Probabilities>,
}

/// The probability of each class of a model with the classes `true` and `false`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Probabilities {
    #[serde(rename = "true")]
    pub yes: Loose<f64>,
}

read_from_objects!(
    Meta<'a>,
    OldNew,
    Revision<'a>,
    Revert,
    Page<'a>,
    Performer<'a>,
    PriorState<'a>,
    PriorRevision,
    PredictedClassification<'a>,
    Probabilities
);

impl<'a> Meta<'a> {
    /// `None` for negative numbers: the service takes -1 for the end of the partition.
    pub fn position(&self) -> Option<Position<'a>> {
        Some(Position {
            topic: self.topic.clone()?,
            partition: self.partition.map_or(Some(0), Partition::number)?,
            offset: self.offset.filter(|it| *it >= 0)?,
        })
    }
}

impl<'a> Wire<'a> {
    /// When the event happened: its `dt`, else `meta.dt`, by which the service resumes and which has
    /// milliseconds, else the wiki's `timestamp` in seconds, up to some seconds earlier. The first that
    /// can be read counts.
    ///
    /// # Errors
    /// What is wrong with the first of them, if there is any; else that `dt` or, in streams that do
    /// not have it, `meta.dt` is missing.
    pub fn time(&self) -> Result<EventTime, EventError> {
        let mut error = None;
        let meta_dt = self.meta.as_ref().and_then(|meta| meta.dt.as_ref());
        for (field, text) in [("dt", self.dt.as_ref()), ("meta.dt", meta_dt)] {
            let Some(text) = text else { continue };
            match EventTime::parse(text) {
                Some(time) => return Ok(time),
                None => error.get_or_insert_with(|| EventError::bad_time(field, text)),
            };
        }
        if let Some(seconds) = *self.timestamp {
            match EventTime::from_seconds(seconds) {
                Some(time) => return Ok(time),
                None => {
                    error.get_or_insert(EventError::bad_time("timestamp", &seconds.to_string()))
                }
            };
        }
        let has_own = self.is_page_change() || self.is_prediction();
        let field = if has_own { "dt" } else { "meta.dt" };
        Err(error.unwrap_or(EventError::Missing { field }))
    }

    pub fn is_canary(&self) -> bool {
        let domain = self.meta.as_ref().and_then(|meta| meta.domain.as_deref());
        domain == Some("canary")
    }

    pub fn is_page_change(&self) -> bool {
        let is_named = || self.is_of("mediawiki/page/change/", "page_change");
        !self.is_prediction() && (self.page_change_kind.is_some() || is_named())
    }

    pub fn is_prediction(&self) -> bool {
        let schema = "mediawiki/page/prediction_classification_change/";
        self.is_of(schema, "prediction_change")
    }

    pub fn is_recentchange(&self) -> bool {
        self.is_of("mediawiki/recentchange/", "recentchange")
    }

    pub fn is_tags_change(&self) -> bool {
        self.is_of("mediawiki/revision/tags-change/", "revision-tags-change")
    }

    /// Whether the event has this schema or, if it names none, comes from this stream.
    fn is_of(&self, schema: &str, stream: &str) -> bool {
        let of_meta = || self.meta.as_ref()?.schema_uri.as_deref();
        match self.schema.as_deref().or_else(of_meta) {
            Some(named) => named.trim_start_matches('/').starts_with(schema),
            None => self.stream().is_some_and(|named| named.contains(stream)),
        }
    }

    pub fn stream(&self) -> Option<&Text<'a>> {
        let meta = self.meta.as_ref()?;
        meta.stream.as_ref().or(meta.topic.as_ref())
    }
}

/// A field that an event must have. An empty value counts as missing: records are keyed by it.
pub(super) fn required<'a>(
    value: Loose<Text<'a>>,
    field: &'static str,
) -> Result<Text<'a>, EventError> {
    value
        .0
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
