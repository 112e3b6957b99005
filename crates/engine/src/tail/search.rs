//! Finds where the last records of a kind begin, from the end backwards and in short steps, so that a
//! long topic holds nobody up.

use crate::log::{Log, LogError, RecordRef};
use wikisentry_core::topic::Topic;

/// Records that the first step looks at; each later step takes twice as many.
const FIRST_STEP: u64 = 1_024;
/// Records of one step at most: about a tenth of a second's work.
const LONGEST_STEP: u64 = 16_384;

/// A search that has not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Search {
    /// How many of the last records are still to be found.
    missing: u64,
    /// Nothing before this offset is looked at.
    floor: u64,
    /// From here on all was looked at.
    below: u64,
    step: u64,
}

impl Search {
    /// For the last `count` records of those from `floor` to before `end`.
    pub fn new(count: u64, floor: u64, end: u64) -> Self {
        Self {
            missing: count,
            floor,
            below: end.max(floor),
            step: FIRST_STEP,
        }
    }

    /// Looks a little further back; the offset to start at, once that is known.
    pub fn advance(
        &mut self,
        log: &Log,
        topic: Topic,
        mut counts: impl FnMut(RecordRef<'_>) -> bool,
    ) -> Result<Option<u64>, LogError> {
        if self.missing == 0 || self.below <= self.floor {
            return Ok(Some(self.below));
        }
        let begin = self.below.saturating_sub(self.step).max(self.floor);
        let mut found = Vec::new();
        let mut at = begin;
        while at < self.below {
            let Some(batch) = log.read(topic, at)? else {
                break;
            };
            for record in batch.iter_from(at) {
                at = record.offset + 1;
                if record.offset < self.below && counts(record) {
                    found.push(record.offset);
                }
            }
        }
        let surplus = (found.len() as u64).checked_sub(self.missing);
        if let Some(surplus) = surplus {
            let first = usize::try_from(surplus).ok().and_then(|at| found.get(at));
            return Ok(Some(first.copied().unwrap_or(self.below)));
        }
        self.missing -= found.len() as u64;
        self.below = begin;
        self.step = (self.step * 2).min(LONGEST_STEP);
        Ok(None)
    }
}
