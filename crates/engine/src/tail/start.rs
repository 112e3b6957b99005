//! Where a reader of a topic starts. It goes by the records' order, and by when they arrived.

use super::moment::{Clock, Moment};
use std::fmt;
use std::str::FromStr;
use wikisentry_core::time::EventTime;

/// Where a reader of a topic starts; of [`Moment`], as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<T = EventTime> {
    /// With the oldest record kept.
    Beginning,
    /// With the next record to come.
    End,
    /// This many records before the end, of those that are wanted.
    Last(u64),
    /// With the first record that arrived at this time or later.
    Time(T),
}

/// What is no start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not `beginning`, `end`, a number of records, a time such as 2026-01-31T12:00:00Z, a date such as 2026-01-31 or an age such as 2h or 1d"
)]
pub struct NotAStart(String);

impl FromStr for Start<Moment> {
    type Err = NotAStart;

    fn from_str(text: &str) -> Result<Self, NotAStart> {
        match text {
            "beginning" => return Ok(Start::Beginning),
            "end" => return Ok(Start::End),
            _ => {}
        }
        if let Ok(count) = text.parse() {
            return Ok(Start::Last(count));
        }
        let moment = text.parse().map_err(|_| NotAStart(text.to_owned()))?;
        Ok(Start::Time(moment))
    }
}

impl Start<Moment> {
    pub fn resolve(self, clock: &Clock) -> Start {
        match self {
            Start::Beginning => Start::Beginning,
            Start::End => Start::End,
            Start::Last(count) => Start::Last(count),
            Start::Time(moment) => Start::Time(moment.resolve(clock)),
        }
    }
}

impl fmt::Display for Start {
    /// As [`FromStr`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Start::Beginning => f.write_str("beginning"),
            Start::End => f.write_str("end"),
            Start::Last(count) => count.fmt(f),
            Start::Time(time) => time.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_a_place_a_number_or_a_moment() {
        let clock = Clock::utc();
        for (text, expected) in [
            ("beginning", Start::Beginning),
            ("end", Start::End),
            ("25", Start::Last(25)),
            (
                "2026-01-31",
                Start::Time(EventTime::parse("2026-01-31T00:00:00Z").unwrap()),
            ),
        ] {
            let start = text.parse::<Start<Moment>>().unwrap().resolve(&clock);
            assert_eq!(start, expected);
            let again: Start<Moment> = start.to_string().parse().unwrap();
            assert_eq!(again.resolve(&clock), expected);
        }
        for text in ["", "-1", "yesterday", "1 parsec"] {
            let refused = text.parse::<Start<Moment>>().unwrap_err().to_string();
            assert!(
                refused.contains("beginning") && refused.contains("2h"),
                "{text}"
            );
        }
    }
}
