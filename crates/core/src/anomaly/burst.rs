//! Detects users who make many edits in a short time.

use super::rules::AlertRules;
use super::window::{Moments, Recent};
use crate::time::EventTime;
use serde::{Deserialize, Serialize};

/// Edits remembered over all users, in each half of the table.
const MOMENTS: usize = 1 << 19;

/// The latest edits of one user, as far as a burst needs them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UserEdits(Moments<()>);

impl UserEdits {
    /// Counts an edit. If as many edits as the threshold lie within the window, gives the milliseconds
    /// from the first to the last of them.
    pub fn count(&mut self, rules: &AlertRules, at: EventTime) -> Option<i64> {
        Threshold::of(rules).count(&mut self.0, at.as_millis())
    }
}

/// What makes edits a burst.
#[derive(Debug, Clone, Copy)]
struct Threshold {
    edits: usize,
    window_ms: i64,
}

impl Threshold {
    fn of(rules: &AlertRules) -> Self {
        Self {
            edits: rules.burst_edits as usize,
            window_ms: rules.burst_window_ms,
        }
    }

    fn count(self, moments: &mut Moments<()>, at: i64) -> Option<i64> {
        moments.add(at, (), self.window_ms, self.edits);
        (moments.len() >= self.edits).then(|| moments.span_ms())
    }
}

/// The latest edits of each user who edited recently.
#[derive(Debug)]
pub(super) struct BurstDetector {
    threshold: Threshold,
    users: Recent<Moments<()>>,
}

impl BurstDetector {
    pub(super) fn new(rules: &AlertRules) -> Self {
        let threshold = Threshold::of(rules);
        Self {
            threshold,
            users: Recent::new(MOMENTS / threshold.edits),
        }
    }

    /// As [`UserEdits::count`], for one of all users, at a time in milliseconds.
    pub(super) fn observe(&mut self, user: u64, at: i64) -> Option<i64> {
        self.threshold.count(self.users.entry(user), at)
    }

    #[cfg(test)]
    pub(super) fn tracked(&self) -> usize {
        self.users.len()
    }
}
