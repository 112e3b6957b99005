//! What ingest takes before it commits.

use crate::log::Transaction;
use wikisentry_core::time::EventTime;
use wikisentry_lake::clock;

/// What one transaction will hold.
pub(super) struct Batch {
    pub(super) tx: Transaction,
    pub(super) now: EventTime,
    /// Time of the last event, as it says.
    pub(super) last_time: Option<EventTime>,
    pub(super) frames: u64,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self {
            tx: Transaction::new(),
            now: clock::now(),
            last_time: None,
            frames: 0,
        }
    }
}
