//! What `revision.tags` tells, on disk, by the day it is about, in files of gzipped lines at
//! `lake/labels/KIND/date=YYYY-MM-DD/FIRST-LAST.jsonl.gz`: label facts as received, and the scores
//! that Wikimedia gave. The log keeps them for days, learning needs them for longer. Code that writes
//! them commits their offsets afterwards: after a crash events are written again, and readers drop
//! what they have seen. Contract: `docs/contracts/labels.md`.

mod blank;
mod read;
mod write;

pub use read::{LabelFact, StoredFacts};
pub use write::{FactBatch, FactFile};

use crate::storage::Key;
use jiff::civil::Date;

/// What is kept of `revision.tags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FactKind {
    /// Events that say of edits that they revert or were reverted, as received.
    Label,
    /// Scores by Wikimedia: [`RevertRisk`](wikisentry_core::event::RevertRisk) as JSON.
    RevertRisk,
}

impl FactKind {
    /// The folder of a day.
    fn day(self, day: Date) -> Key {
        let kind = match self {
            FactKind::Label => "facts",
            FactKind::RevertRisk => "revert_risk",
        };
        Key::from(format!("labels/{kind}/date={day}"))
    }
}
