//! What `revision.tags` tells, on disk, by the day it is about, in files of gzipped lines at
//! `lake/labels/KIND/date=YYYY-MM-DD/FIRST-LAST.jsonl.gz`: label facts as received, and the scores
//! that Wikimedia gave. The log keeps them for days, learning needs them for longer. Code that writes
//! them commits their offsets afterwards: after a crash events are written again, and readers drop
//! what they have seen. Contract: `docs/contracts/labels.md`.

mod blank;
mod file_writer;
mod kept;
mod read;
mod write;

pub use file_writer::FactWriter;
pub use kept::KeptFact;
pub use read::{LabelFact, StoredFacts};
pub use write::{FactBatch, FactFile};

use crate::storage::Key;
use jiff::civil::Date;
use wikisentry_core::time::EventTime;

/// How the names of files of facts end.
pub const FACTS_SUFFIX: &str = ".jsonl.gz";

/// Bytes of a file, unpacked. Each holds what came in a minute, or while the platform caught up.
const MOST_BYTES: u64 = 256 << 20;

/// What is kept of `revision.tags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactKind {
    /// Events that say of edits that they revert or were reverted, as received.
    Label,
    /// Scores by Wikimedia: [`RevertRisk`](wikisentry_core::event::RevertRisk) as JSON.
    RevertRisk,
}

impl FactKind {
    pub const ALL: [Self; 2] = [Self::Label, Self::RevertRisk];

    /// The folder below `labels` of facts of this kind that happened at a time.
    pub fn folder(self, time: EventTime) -> String {
        self.folder_of(time.utc().date())
    }

    fn folder_of(self, day: Date) -> String {
        let kind = match self {
            FactKind::Label => "facts",
            FactKind::RevertRisk => "revert_risk",
        };
        format!("{kind}/date={day}")
    }

    /// The folder of a day.
    fn day(self, day: Date) -> Key {
        Key::from(format!("labels/{}", self.folder_of(day)))
    }
}
