//! The record of `edits.classified`: an edit with its score, class, model and times. Contract:
//! `docs/contracts/classified-edit.schema.json`.

use crate::edit::Edit;
use crate::link::diff_of;
use crate::text::Text;
use crate::time::EventTime;
use serde::{Deserialize, Serialize, Serializer};

/// The result of the classify step. Score, class and model are `None` for edits that are not scored:
/// those of bots, by default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classification<'a> {
    /// Calibrated probability that the edit will be reverted as damage, 0 to 1.
    pub score: Option<f64>,
    /// The model's class of the score, e.g. `high`.
    #[serde(borrow)]
    pub class: Option<Text<'a>>,
    /// Name and version of the model, e.g. `edit-risk/1`.
    pub model_version: Option<Text<'a>>,
    /// When the platform received the event.
    pub ingest_time: EventTime,
    /// When the edit was scored or left out.
    pub score_time: EventTime,
}

/// One record of `edits.classified`; in JSON one flat object, which also has the `url` of the page that
/// shows what the edit changed, if there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassifiedEdit<'a> {
    pub edit: Edit<'a>,
    pub classification: Classification<'a>,
}

impl Serialize for ClassifiedEdit<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'a> {
            #[serde(flatten)]
            edit: &'a Edit<'a>,
            #[serde(flatten)]
            classification: &'a Classification<'a>,
            #[serde(skip_serializing_if = "Option::is_none")]
            url: Option<String>,
        }
        Flat {
            edit: &self.edit,
            classification: &self.classification,
            url: diff_of(&self.edit),
        }
        .serialize(serializer)
    }
}

impl<'a> ClassifiedEdit<'a> {
    /// When the edit was made, as far as its arrival allows ([`EventTime::bounded`]).
    pub fn time(&self) -> EventTime {
        let arrival = self.classification.ingest_time;
        self.edit.event_time.bounded(arrival)
    }

    /// Where the clocks of windows and of maturity stand after this edit: never later than it
    /// arrived, so that one edit cannot move them ahead of all others.
    pub fn clock(&self) -> EventTime {
        let arrival = self.classification.ingest_time;
        self.edit.event_time.min(arrival)
    }

    /// Reads the JSON form, in two passes: serde's `flatten` copies every field first and is slower.
    ///
    /// # Errors
    /// Those of `serde_json`, for bytes that are not such a record.
    pub fn from_json(json: &'a [u8]) -> Result<Self, serde_json::Error> {
        Ok(Self {
            edit: serde_json::from_slice(json)?,
            classification: serde_json::from_slice(json)?,
        })
    }
}
