//! One raw event, classified: the record that the embedded pipeline would write of it.

use super::envelope::{self, DEAD_LETTER};
use std::cell::RefCell;
use wikisentry_core::classify::{classified, edit_of};
use wikisentry_core::deadletter::{DeadLetter, PayloadOrigin};
use wikisentry_core::event::EventError;
use wikisentry_core::model::Scorer;
use wikisentry_core::scoring::Scoring;
use wikisentry_core::time::EventTime;

thread_local! {
    /// Buffers for features, which are kept between events.
    static SCORING: RefCell<Scoring> = RefCell::new(Scoring::new());
}

/// When an event was received and when it is scored.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    pub ingest: EventTime,
    pub score: EventTime,
}

impl Times {
    /// From milliseconds; those outside of the years 1 to 9999 are taken for the nearest within.
    pub fn of_millis(ingest: i64, score: i64) -> Self {
        Self {
            ingest: EventTime::nearest(ingest),
            score: EventTime::nearest(score),
        }
    }
}

/// The envelope of an event's record; `None` for events that have none: canary events and those that
/// are no edits.
///
/// # Errors
/// [`EventError`] for events that cannot be read, for [`dead_letter`].
pub fn classify(
    scorer: &Scorer,
    event: &[u8],
    times: Times,
    score_bots: bool,
) -> Result<Option<Vec<u8>>, EventError> {
    let Some(edit) = edit_of(event, times.ingest)? else {
        return Ok(None);
    };
    let edits = [edit];
    let scores = SCORING.with_borrow_mut(|scoring| scoring.score(scorer, &edits, score_bots));
    let [edit] = edits;
    let score = scores.into_iter().next().flatten();
    let record = classified(edit, score, scorer, times.ingest, times.score);
    Ok(Some(envelope::seal(&record)))
}

/// Where a record was read.
#[derive(Debug, Clone)]
pub struct Place {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
}

/// The envelope of the dead letter that becomes of an event: only the JSON follows its first byte.
pub fn dead_letter(
    reason: &dyn std::fmt::Display,
    place: Place,
    event: &[u8],
    ingest: EventTime,
) -> Vec<u8> {
    let origin = PayloadOrigin {
        source: place.topic,
        id: Some(format!("{}/{}", place.partition, place.offset)),
    };
    let letter = DeadLetter::new(
        reason.to_string(),
        origin,
        ingest,
        event,
        event.len() as u64,
    );
    let mut out = vec![DEAD_LETTER];
    serde_json::to_writer(&mut out, &letter).expect("a record of named fields is always JSON");
    out
}
