//! Whether events still arrive. The only detector that asks for the time, which comes in from
//! outside.

use crate::time::EventTime;

/// Watches the silence of the feed.
#[derive(Debug)]
pub(super) struct StallDetector {
    after_ms: i64,
    /// The last event before the stall that was raised; another last event means that it ended.
    raised_for: Option<EventTime>,
}

impl StallDetector {
    pub(super) fn new(after_ms: i64) -> Self {
        Self {
            after_ms,
            raised_for: None,
        }
    }

    /// Milliseconds of silence, if it is a stall that was not raised yet.
    pub(super) fn check(&self, now: EventTime, last_event: EventTime) -> Option<i64> {
        let silent = now.as_millis().saturating_sub(last_event.as_millis());
        (silent >= self.after_ms && self.raised_for != Some(last_event)).then_some(silent)
    }

    pub(super) fn mark_raised(&mut self, last_event: EventTime) {
        self.raised_for = Some(last_event);
    }
}
