//! The record of `edits.classified`: an edit, what the model said of it, and when. Contract:
//! `docs/contracts/classified-edit.schema.json`.

use crate::edit::Edit;
use crate::text::Text;
use crate::time::EventTime;
use serde::{Deserialize, Serialize};

/// What the model said of an edit. All of it is `None` for edits that are not scored (bots,
/// unless asked for).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict<'a> {
    /// Calibrated probability that the edit will be reverted as damage, 0 to 1.
    pub score: Option<f64>,
    /// The model's class for this score, e.g. `high`.
    #[serde(borrow)]
    pub class: Option<Text<'a>>,
    /// The model that said so, e.g. `edit-risk/1`.
    pub model_version: Option<Text<'a>>,
    /// When the platform received the event.
    pub ingest_time: EventTime,
    /// When it was scored, or passed over.
    pub score_time: EventTime,
}

/// One record of `edits.classified`; in JSON one flat object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassifiedEdit<'a> {
    /// The edit.
    #[serde(flatten)]
    pub edit: Edit<'a>,
    /// What was said of it.
    #[serde(flatten)]
    pub verdict: Verdict<'a>,
}

impl<'a> ClassifiedEdit<'a> {
    /// Reads the JSON form. Two passes over the text are quicker than serde's `flatten`, which
    /// copies every field first.
    pub fn from_json(json: &'a [u8]) -> Result<Self, serde_json::Error> {
        Ok(Self {
            edit: serde_json::from_slice(json)?,
            verdict: serde_json::from_slice(json)?,
        })
    }
}
