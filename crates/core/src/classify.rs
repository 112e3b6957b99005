//! The classify step between an event as received and its record in `edits.classified`. Features and
//! scores come in between, from [`Scoring`](crate::scoring::Scoring), in batches or one by one.

use crate::classified::{Classification, ClassifiedEdit};
use crate::edit::Edit;
use crate::event::{Body, Event, EventError};
use crate::model::{Score, Scorer};
use crate::text::Text;
use crate::time::EventTime;

/// The edit of a raw event that arrived at `arrival`; `None` for canary events and events of another
/// kind.
///
/// # Errors
/// [`EventError`] names the field at fault.
pub fn edit_of(payload: &[u8], arrival: EventTime) -> Result<Option<Edit<'_>>, EventError> {
    let event = Event::parse(payload)?;
    let Body::Edit(mut edit) = event.body else {
        return Ok(None);
    };
    // Before its features are computed: the lake gives the same ones again.
    edit.event_time = edit.event_time.bounded(arrival);
    Ok(Some(*edit))
}

/// The record of an edit that arrived at `ingest_time` and that `scorer` gave a score, or none, at
/// `score_time`.
pub fn classified<'a>(
    edit: Edit<'a>,
    score: Option<Score<'a>>,
    scorer: &'a Scorer,
    ingest_time: EventTime,
    score_time: EventTime,
) -> ClassifiedEdit<'a> {
    let classification = Classification {
        score: score.map(|score| score.score),
        class: score.map(|score| Text::from(score.class)),
        model_version: score.map(|_| Text::from(scorer.version())),
        ingest_time,
        score_time,
    };
    ClassifiedEdit {
        edit,
        classification,
    }
}
