//! Times as people give them: RFC 3339, a date with or without a time of day, or an age.

use jiff::SpanRelativeTo;
use jiff::civil::DateTime;
use jiff::fmt::friendly::SpanParser;
use jiff::tz::TimeZone;
use std::str::FromStr;
use std::time::Duration;
use wikisentry_core::time::EventTime;
use wikisentry_lake::clock;

/// A time as it was given; a [`Clock`] makes it one of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// RFC 3339, which has its offset.
    At(EventTime),
    /// A date, or a date and a time of day, by the clock's time zone. A date is its beginning.
    Civil(DateTime),
    /// So long ago; a day has 24 hours.
    Ago(Duration),
}

/// What no [`Moment`] can be read from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a time such as 2026-01-31T12:00:00Z, a date such as 2026-01-31 or an age such as 2h or 1d"
)]
pub struct NotAMoment(String);

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        if let Some(time) = EventTime::parse(text) {
            return Ok(Self::At(time));
        }
        // The parser of dates would pass over an offset and over the name of a zone.
        let has_offset = text.get(10..).is_some_and(|rest| rest.contains(['+', '-']));
        let has_zone = has_offset || text.contains('[');
        if text.starts_with(|c: char| c.is_ascii_digit())
            && !has_zone
            && let Ok(civil) = text.parse()
        {
            return Ok(Self::Civil(civil));
        }
        age(text)
            .map(Self::Ago)
            .ok_or_else(|| NotAMoment(text.to_owned()))
    }
}

/// An age such as `90s`, `2h`, `1d 12h` or `2 hours ago`.
fn age(text: &str) -> Option<Duration> {
    let span = SpanParser::new().parse_span(text).ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Some(duration.unsigned_abs())
}

impl Moment {
    /// The point in time; the first or the last one that there is, if it lies before or after them.
    pub fn resolve(self, clock: &Clock) -> EventTime {
        let millis = match self {
            Self::At(time) => return time,
            Self::Civil(civil) => match clock.zone.to_timestamp(civil) {
                Ok(time) => time.as_millisecond(),
                Err(_) if civil.year() > 0 => i64::MAX,
                Err(_) => i64::MIN,
            },
            Self::Ago(age) => {
                let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
                clock.now.as_millis().saturating_sub(age)
            }
        };
        EventTime::nearest(millis)
    }
}

/// What times are read and shown by: the present, and the time zone of dates.
#[derive(Debug, Clone)]
pub struct Clock {
    pub now: EventTime,
    pub zone: TimeZone,
}

impl Clock {
    /// The present, in UTC.
    pub fn utc() -> Self {
        let (now, zone) = (clock::now(), TimeZone::UTC);
        Self { now, zone }
    }

    /// The present, in the time zone of this machine or of the variable `TZ`.
    pub fn local() -> Self {
        let (now, zone) = (clock::now(), TimeZone::system());
        Self { now, zone }
    }

    /// Date and time of day.
    pub fn civil(&self, time: EventTime) -> DateTime {
        self.zone.to_datetime(time.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(zone: &str) -> Clock {
        Clock {
            now: EventTime::parse("2026-11-30T12:00:00Z").unwrap(),
            zone: TimeZone::posix(zone).unwrap(),
        }
    }

    #[test]
    fn times_dates_and_ages_are_read_and_dates_are_of_the_zone() {
        for (text, utc, tokyo) in [
            ("2026-11-30T10:00:00Z", "2026-11-30T10:00:00.000Z", None),
            (
                "2026-11-30T10:00:00+01:00",
                "2026-11-30T09:00:00.000Z",
                None,
            ),
            (
                "2026-11-30",
                "2026-11-30T00:00:00.000Z",
                Some("2026-11-29T15:00:00.000Z"),
            ),
            (
                "2026-11-30 18:30",
                "2026-11-30T18:30:00.000Z",
                Some("2026-11-30T09:30:00.000Z"),
            ),
            (
                "2026-11-30T18:30:15",
                "2026-11-30T18:30:15.000Z",
                Some("2026-11-30T09:30:15.000Z"),
            ),
            ("2h", "2026-11-30T10:00:00.000Z", None),
            ("2 hours ago", "2026-11-30T10:00:00.000Z", None),
            ("1d", "2026-11-29T12:00:00.000Z", None),
            ("1w 1d 30m", "2026-11-22T11:30:00.000Z", None),
            ("0s", "2026-11-30T12:00:00.000Z", None),
        ] {
            let moment: Moment = text.parse().expect(text);
            assert_eq!(moment.resolve(&clock("UTC0")).to_string(), utc, "{text}");
            let tokyo = tokyo.unwrap_or(utc);
            assert_eq!(moment.resolve(&clock("JST-9")).to_string(), tokyo, "{text}");
        }
    }

    #[test]
    fn what_lies_outside_of_all_times_is_the_nearest_of_them() {
        let [first, last] = [i64::MIN, i64::MAX].map(EventTime::nearest);
        for (text, nearest) in [
            ("9999-12-31", last),
            ("9999-12-31T23:59", last),
            ("0000-06-01", first),
            ("900000 days", first),
        ] {
            let moment: Moment = text.parse().expect(text);
            for zone in ["UTC0", "EST5"] {
                assert_eq!(moment.resolve(&clock(zone)), nearest, "{text} {zone}");
            }
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_what_would_be() {
        for text in [
            "",
            "yesterday",
            "10",
            "2026-13-01",
            "2026-11-30T18:30:15+0100",
            "2026-11-30 18:30+01",
            "2026-11-30 18:30[Asia/Tokyo]",
            "2026-11-30[Asia/Tokyo]",
            "20261130[UTC]",
            "2026-11-30T25:00",
            "1 parsec",
            "1 month",
        ] {
            let refused = text.parse::<Moment>().unwrap_err().to_string();
            assert!(refused.contains("2h or 1d"), "{text}: {refused}");
        }
    }
}
