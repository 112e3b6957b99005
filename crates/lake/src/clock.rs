//! The wall clock, read in one place.

use wikisentry_core::time::EventTime;

/// Now, in UTC, to the millisecond.
pub fn now() -> EventTime {
    let millis = jiff::Timestamp::now().as_millisecond();
    EventTime::from_millis(millis).expect("the clock shows one of the years 1 to 9999")
}
