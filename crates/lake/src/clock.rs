//! The wall clock, read in one place.

use wikisentry_core::time::EventTime;

/// Now, in UTC, to the millisecond.
pub fn now() -> EventTime {
    EventTime::from_millis(jiff::Timestamp::now().as_millisecond()).unwrap_or_default()
}
