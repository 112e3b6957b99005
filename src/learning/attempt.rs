//! One retraining as its notes tell it: begun, gone so far, ended or not.

use super::notes::{Answer, Note};
use crate::error::ExpectedError;
use serde_json::{Value, json};
use wikisentry_core::time::EventTime;
use wikisentry_learning::{Phase, RetrainEvent, refusal};

/// A retraining, whole or cut short.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    pub began: EventTime,
    pub pid: u32,
    /// Whether the schedule began it.
    pub scheduled: bool,
    pub events: Vec<RetrainEvent>,
    /// `None` while it goes on, and for good if it was killed.
    pub ended: Option<(EventTime, Answer)>,
}

impl Attempt {
    pub(super) fn of(notes: impl Iterator<Item = Note>) -> Option<Self> {
        let mut attempt = None;
        for note in notes {
            match (note, &mut attempt) {
                (
                    Note::Began {
                        time,
                        pid,
                        scheduled,
                    },
                    attempt,
                ) => {
                    *attempt = Some(Self {
                        began: time,
                        pid,
                        scheduled,
                        events: Vec::new(),
                        ended: None,
                    });
                }
                (Note::Went { event }, Some(attempt)) => attempt.events.push(event),
                (Note::Ended { time, answer }, Some(attempt)) => {
                    attempt.ended = Some((time, answer));
                }
                (Note::Went { .. } | Note::Ended { .. }, None) => {}
            }
        }
        attempt
    }

    /// Whether both are one retraining, read at two times.
    pub fn is(&self, other: &Self) -> bool {
        (self.began, self.pid) == (other.began, other.pid)
    }

    /// The step that it came to.
    pub fn phase(&self) -> Option<Phase> {
        self.events.last().map(RetrainEvent::phase)
    }

    /// As scripts read it.
    pub fn to_json(&self, goes_on: bool) -> Value {
        let ended = match &self.ended {
            Some((_, Answer::Judged(done))) if done.decision.promote => {
                json!({"outcome": "promoted", "version": done.version})
            }
            Some((_, Answer::Judged(done))) => json!({
                "outcome": "kept", "version": done.version, "reason": refusal(&done.decision),
            }),
            Some((_, Answer::TooLittle(error) | Answer::Failed(error))) => {
                json!({"outcome": "failed", "reason": why(error)})
            }
            None if goes_on => Value::Null,
            None => json!({"outcome": "interrupted", "phase": self.phase()}),
        };
        json!({
            "began": self.began,
            "time": self.ended.as_ref().map(|(time, _)| time),
            "ended": ended,
        })
    }

    /// As people read it.
    pub fn told(&self, goes_on: bool, model: &str) -> String {
        let (time, answer) = match &self.ended {
            None if goes_on => return format!("{}: begun, it goes on", self.began),
            None => {
                let at = self.phase().map(|phase| format!(" at `{}`", phase.name()));
                return format!(
                    "{}: interrupted{}; the champion is what it was",
                    self.began,
                    at.unwrap_or_default()
                );
            }
            Some((time, answer)) => (time, answer),
        };
        match answer {
            Answer::Judged(done) if done.decision.promote => {
                format!("{time}: {model}/{} became the champion", done.version)
            }
            Answer::Judged(done) => format!(
                "{time}: {model}/{} was kept, not used: {}",
                done.version,
                refusal(&done.decision)
            ),
            Answer::TooLittle(error) | Answer::Failed(error) => {
                format!("{time}: no candidate: {}", why(error))
            }
        }
    }
}

/// The reason that says most in a line.
fn why(error: &ExpectedError) -> &str {
    error.why.first().unwrap_or(&error.what)
}
