//! Where to start without a bookmark: a past time, or an age. The connector reads the same texts
//! (`Since.java`); `testdata/vectors/since.json` holds both to it.

use jiff::{SignedDuration, Timestamp};

/// Digits of a number, at most.
const MAX_DIGITS: usize = 9;

/// Names of the units of an age, and their seconds.
const UNITS: [(&[&str], i64); 5] = [
    (&["w", "wk", "wks", "week", "weeks"], 7 * 86_400),
    (&["d", "day", "days"], 86_400),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600),
    (&["m", "min", "mins", "minute", "minutes"], 60),
    (&["s", "sec", "secs", "second", "seconds"], 1),
];

/// Reads an RFC 3339 time, or an age such as `6h`, `1w` or `1d 12h`, whose days have 24 hours. It is
/// between 1970 and `now`.
pub(super) fn parse(text: &str, now: Timestamp) -> Option<Timestamp> {
    let time = match text.contains('-') {
        true => time(text)?,
        false => now.checked_sub(age(text)?).ok()?,
    };
    (Timestamp::UNIX_EPOCH..=now)
        .contains(&time)
        .then_some(time)
}

/// RFC 3339 as most write it: capital `T` and `Z`, with seconds, no leap second.
fn time(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let is_form = |form: &[u8], text: &[u8]| {
        let fits = |(form, c): (&u8, &u8)| match form {
            b'0' => c.is_ascii_digit(),
            form => form == c,
        };
        form.len() == text.len() && form.iter().zip(text).all(fits)
    };
    let (civil, rest) = bytes.split_at_checked(19)?;
    let rest = match rest.split_first() {
        Some((b'.', fraction)) => {
            let digits = fraction.iter().take_while(|c| c.is_ascii_digit()).count();
            fraction
                .get(digits..)
                .filter(|_| (1..=MAX_DIGITS).contains(&digits))?
        }
        _ => rest,
    };
    let is_offset = |sign: u8| rest.first() == Some(&sign) && is_form(b"00:00", &rest[1..]);
    // No place is further from Greenwich than 18 hours, says the connector's library.
    let is_near = || rest[1..] <= b"18:00"[..];
    let has_offset = rest == b"Z" || ((is_offset(b'+') || is_offset(b'-')) && is_near());
    let is_whole = is_form(b"0000-00-00T00:00:00", civil) && civil[17..] != *b"60" && has_offset;
    is_whole.then(|| text.parse().ok()).flatten()
}

fn age(text: &str) -> Option<SignedDuration> {
    let mut seconds: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, behind) = split(rest, |c| c.is_ascii_digit());
        let (unit, behind) = split(behind.trim_start_matches(' '), |c| c.is_ascii_lowercase());
        let unit = UNITS.iter().find(|(names, _)| names.contains(&unit));
        let number: i64 = number.parse().ok().filter(|_| number.len() <= MAX_DIGITS)?;
        seconds = seconds.checked_add(number.checked_mul(unit?.1)?)?;
        rest = behind.trim_start_matches(' ');
    }
    (!text.is_empty()).then(|| SignedDuration::from_secs(seconds))
}

/// The beginning whose characters are such, and the rest.
fn split(text: &str, is_such: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !is_such(c)).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Vectors {
        now: Timestamp,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        text: String,
        start: Option<Timestamp>,
    }

    #[test]
    fn the_same_texts_are_read_as_by_the_connector() {
        let vectors = include_str!("../../../../../testdata/vectors/since.json");
        let Vectors { now, cases } = serde_json::from_str(vectors).unwrap();
        assert!(cases.len() > 20);
        for Case { text, start } in cases {
            assert_eq!(parse(&text, now), start, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_past_time_or_none(
            text in "[0-9]{0,10} ?[a-z]{0,3}|[0-9]{4}-[0-9:TZ.+-]{4,30}|.{0,8}"
        ) {
            let now = "2026-11-30T12:00:00Z".parse().unwrap();
            if let Some(start) = parse(&text, now) {
                prop_assert!(Timestamp::UNIX_EPOCH <= start && start <= now);
            }
        }
    }
}
