//! Detects users who make many edits in a short time.

use super::rules::AlertRules;
use super::window::{Moments, Recent};

/// Edits remembered over all users, in each half of the table.
const MOMENTS: usize = 1 << 19;

/// The latest edits of each user who edited recently.
#[derive(Debug)]
pub(super) struct BurstDetector {
    edits: usize,
    window_ms: i64,
    users: Recent<Moments<()>>,
}

impl BurstDetector {
    pub(super) fn new(rules: &AlertRules) -> Self {
        let edits = rules.burst_edits as usize;
        Self {
            edits,
            window_ms: rules.burst_window_ms,
            users: Recent::new(MOMENTS / edits),
        }
    }

    /// Counts an edit at a time in milliseconds. If as many edits as the threshold lie within the
    /// window, gives the milliseconds from the first to the last of them.
    pub(super) fn observe(&mut self, user: u64, at: i64) -> Option<i64> {
        let moments = self.users.entry(user);
        moments.add(at, (), self.window_ms, self.edits);
        (moments.len() >= self.edits).then(|| moments.span_ms())
    }

    #[cfg(test)]
    pub(super) fn tracked(&self) -> usize {
        self.users.len()
    }
}
