//! Which events of `revision.tags` are kept, and as which line.

use super::FactKind;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::time::EventTime;

/// What is kept of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptFact {
    pub kind: FactKind,
    /// When it happened, an hour after it came at the latest: the day that it is kept under.
    pub time: EventTime,
    /// Without the end of the line.
    pub line: Vec<u8>,
}

impl KeptFact {
    /// What is kept of an event that came at `arrival`, as it was parsed from `payload`. `None` for
    /// changes of tags and of pages that have nothing to do with reverts, which most have not.
    pub fn of(event: &Event<'_>, arrival: EventTime, payload: &[u8]) -> Option<Self> {
        let (kind, line) = match &event.body {
            Body::LabelFact(change) if change.added.is_empty() => return None,
            Body::Edit(_) if event.revert.is_none() => return None,
            Body::LabelFact(_) | Body::Edit(_) => {
                // JSON has line ends between tokens only.
                let bytes = payload.iter().map(|byte| match byte {
                    b'\n' | b'\r' => b' ',
                    byte => *byte,
                });
                (FactKind::Label, bytes.collect())
            }
            Body::RevertRisk(risk) => {
                let line = serde_json::to_vec(risk).expect("texts and numbers are always JSON");
                (FactKind::RevertRisk, line)
            }
            Body::Canary | Body::Other { .. } => return None,
        };
        let time = event.time.unwrap_or_default().bounded(arrival);
        Some(Self { kind, time, line })
    }
}
