//! Times of events: milliseconds since the Unix epoch, UTC, written as RFC 3339 with milliseconds
//! (`2026-09-17T03:42:33.778Z`).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventTime(i64);

/// How long after its arrival an event may say that it happened, in milliseconds: clocks differ by
/// seconds, and by an hour where one was set for the wrong season.
const MAX_AHEAD_MS: i64 = 3_600_000;

/// The start of the year 1.
const MIN_MILLIS: i64 = -62_135_596_800_000;
/// The last moment that is within the year 9999 at every UTC offset.
const MAX_MILLIS: i64 = 253_402_207_199_999;

impl EventTime {
    /// `None` outside the years 1 to 9999, less the last day.
    pub fn from_millis(millis: i64) -> Option<Self> {
        (MIN_MILLIS..=MAX_MILLIS)
            .contains(&millis)
            .then_some(Self(millis))
    }

    /// The nearest time that there is: the first one for what lies before, the last one for what lies
    /// after.
    pub fn nearest(millis: i64) -> Self {
        Self(millis.clamp(MIN_MILLIS, MAX_MILLIS))
    }

    /// `None` outside the years 1 to 9999, less the last day.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        seconds.checked_mul(1_000).and_then(Self::from_millis)
    }

    /// The time under which an event is kept that arrived at `arrival`: its own, but no more than an
    /// hour after it arrived. One that is dated ahead would otherwise move every clock that goes by
    /// events. Early times are taken at their word: old events arrive with every recording.
    #[must_use]
    pub fn bounded(self, arrival: EventTime) -> Self {
        Self(self.0.min(arrival.0.saturating_add(MAX_AHEAD_MS))).min(Self(MAX_MILLIS))
    }

    /// When an event can have arrived at the earliest that is kept under this time: see
    /// [`EventTime::bounded`].
    #[must_use]
    pub fn earliest_arrival(self) -> Self {
        Self(self.0.saturating_sub(MAX_AHEAD_MS)).max(Self(MIN_MILLIS))
    }

    /// Reads RFC 3339: any offset, a fraction of any length, which is cut off after milliseconds, and
    /// a leap second, which counts as the one before it. A space may stand for the `T`.
    pub fn parse(text: &str) -> Option<Self> {
        let (date_time, rest) = text.as_bytes().split_at_checked(19)?;
        let [b'-', b'-', b'T' | b't' | b' ', b':', b':'] =
            [4, 7, 10, 13, 16].map(|at| date_time[at])
        else {
            return None;
        };
        let [year, month, day, hour, minute, second] =
            [(0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2)]
                .map(|(from, length)| number(&date_time[from..from + length]));
        let second = second.map(|second| if second == 60 { 59 } else { second })?;
        let civil = DateTime::new(
            year?,
            month? as i8,
            day? as i8,
            hour? as i8,
            minute? as i8,
            second as i8,
            0,
        );
        let local = Offset::UTC.to_timestamp(civil.ok()?).ok()?.as_second();
        let (millis, offset) = fraction(rest)?;
        Self::from_millis((local - offset_seconds(offset)?) * 1_000 + millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Date and time in UTC, for partitions of the lake.
    pub fn utc(self) -> jiff::civil::DateTime {
        self.timestamp()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .datetime()
    }

    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).expect("the range of times is within that of jiff")
    }
}

/// The number that ASCII digits make, up to four of them.
fn number(digits: &[u8]) -> Option<i16> {
    let is_plain = digits.len() <= 4 && digits.iter().all(u8::is_ascii_digit);
    is_plain.then(|| (digits.iter()).fold(0, |number, digit| number * 10 + i16::from(digit - b'0')))
}

/// Milliseconds of a fraction such as `.7789`, and what follows it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(rest) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at(length);
    let millis = [0, 1, 2].map(|at| digits.get(at).map_or(0, |digit| i64::from(digit - b'0')));
    let [tenths, hundredths, thousandths] = millis;
    let millis = tenths * 100 + hundredths * 10 + thousandths;
    (!digits.is_empty()).then_some((millis, rest))
}

/// Seconds of `Z` or an offset such as `+02:00`.
fn offset_seconds(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text {
        b"Z" | b"z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let [hour_1, hour_2, b':', minute_1, minute_2] = *rest else {
        return None;
    };
    let hours = number(&[hour_1, hour_2]).filter(|hours| *hours < 24)?;
    let minutes = number(&[minute_1, minute_2]).filter(|minutes| *minutes < 60)?;
    Some(sign * (i64::from(hours) * 3_600 + i64::from(minutes) * 60))
}

impl fmt::Display for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

impl Serialize for EventTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = EventTime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time such as 2026-09-17T03:42:33.778Z")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<EventTime, E> {
                EventTime::parse(text)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wire_form_is_read_and_milliseconds_are_written() {
        for (wire, written) in [
            ("2018-03-07T16:16:17+00:00", "2018-03-07T16:16:17.000Z"),
            ("2023-07-29T07:51:39Z", "2023-07-29T07:51:39.000Z"),
            ("2026-09-17T03:42:33.778Z", "2026-09-17T03:42:33.778Z"),
            ("2026-09-17T05:42:33.7789+02:00", "2026-09-17T03:42:33.778Z"),
            ("2026-09-17t03:42:33.7z", "2026-09-17T03:42:33.700Z"),
            ("2026-09-17 03:42:33-00:00", "2026-09-17T03:42:33.000Z"),
            (
                "2026-09-17T03:42:33.7780000009Z",
                "2026-09-17T03:42:33.778Z",
            ),
            ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.500Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ] {
            let time = EventTime::parse(wire).expect(wire);
            assert_eq!(time.to_string(), written);
            assert_eq!(EventTime::parse(written), Some(time));
        }
    }

    #[test]
    fn a_time_is_bounded_by_an_hour_after_the_arrival_and_not_from_below() {
        let time = |text: &str| EventTime::parse(text).unwrap();
        let arrival = time("2026-11-30T12:00:00Z");
        for (stated, kept) in [
            ("2031-05-01T00:00:00Z", "2026-11-30T13:00:00Z"),
            ("2026-11-30T13:00:00.001Z", "2026-11-30T13:00:00Z"),
            ("2026-11-30T13:00:00Z", "2026-11-30T13:00:00Z"),
            ("2026-11-30T11:59:59Z", "2026-11-30T11:59:59Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(time(stated).bounded(arrival), time(kept), "{stated}");
            assert!(time(kept).earliest_arrival() <= arrival, "{stated}");
        }
        let most = time("2026-11-30T13:00:00Z");
        assert_eq!(most.earliest_arrival(), arrival);
        let first = EventTime(MIN_MILLIS);
        assert_eq!(first.earliest_arrival(), first);
        let last = EventTime(MAX_MILLIS);
        assert_eq!(last.bounded(last), last);
    }

    #[test]
    fn text_that_is_not_a_time_is_refused() {
        for wire in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "2026-09-17",
            "1789616553",
            "2026-09-17T03:42:33",
            "2026-09-17T03:42:33.Z",
            "2026-09-17T03:42:61Z",
            "2026-09-17T24:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-09-17T03:42:33+0200",
            "2026-09-17T03:42:33+24:00",
            "2026-09-17T03:42:33Z[UTC]",
            "2026-09-17T03:42Z",
            "+026-09-17T03:42:33Z",
            "2026-09-17T03:42:33.7\u{0667}Z",
        ] {
            assert_eq!(EventTime::parse(wire), None, "{wire}");
        }
        assert_eq!(EventTime::from_seconds(i64::MAX), None);
        assert_eq!(EventTime::from_millis(MAX_MILLIS + 1), None);
    }
}
