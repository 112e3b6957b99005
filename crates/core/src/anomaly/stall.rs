//! Detects that no events arrive. The caller gives the current time.

use crate::time::EventTime;

/// Raises each stall of the feed once.
#[derive(Debug)]
pub(super) struct StallDetector {
    after_ms: i64,
    /// The last event before the stall that was raised. Another last event means that the stall ended.
    raised_for: Option<EventTime>,
}

impl StallDetector {
    pub(super) fn new(after_ms: i64) -> Self {
        Self {
            after_ms,
            raised_for: None,
        }
    }

    /// Milliseconds since the last event, if that is a stall that was not raised yet.
    pub(super) fn check(&self, now: EventTime, last_event: EventTime) -> Option<i64> {
        let silent = now.as_millis().saturating_sub(last_event.as_millis());
        (silent >= self.after_ms && self.raised_for != Some(last_event)).then_some(silent)
    }

    pub(super) fn mark_raised(&mut self, last_event: EventTime) {
        self.raised_for = Some(last_event);
    }
}
