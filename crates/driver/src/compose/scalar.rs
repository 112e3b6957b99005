//! Sizes and durations in the notations of compose files, and as docker compose writes them back.

use serde::Serializer;

/// Bytes: a whole number with one of Docker's units, which are powers of 1024.
pub(super) mod bytes {
    use serde::de::{Deserializer, Error, Unexpected};
    use serde::{Deserialize, Serializer};

    pub(in crate::compose) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<u64>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || Error::invalid_value(Unexpected::Str(&text), &"a size such as 512m");
        parse(&text).map(Some).ok_or_else(wrong)
    }

    pub(super) fn parse(text: &str) -> Option<u64> {
        let unit = text.find(|c: char| !c.is_ascii_digit())?;
        let scale = match &text[unit..] {
            "b" => 1,
            "k" => 1 << 10,
            "m" => 1 << 20,
            "g" => 1 << 30,
            _ => return None,
        };
        let bytes = text[..unit].parse::<u64>().ok()?.checked_mul(scale)?;
        // The engine counts in signed 64-bit numbers, and 0 is no limit to it.
        (bytes > 0 && i64::try_from(bytes).is_ok()).then_some(bytes)
    }

    /// As docker compose writes them: a text of digits.
    pub(in crate::compose) fn serialize<S: Serializer>(
        bytes: &Option<u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&bytes.unwrap_or_default())
    }
}

/// A duration: a whole number of `ms`, `s` or `m`.
pub(super) mod duration {
    use serde::de::{Deserializer, Error, Unexpected};
    use serde::{Deserialize, Serializer};
    use std::time::Duration;

    pub(in crate::compose) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || Error::invalid_value(Unexpected::Str(&text), &"a duration such as 30s");
        parse(&text).map(Some).ok_or_else(wrong)
    }

    pub(super) fn parse(text: &str) -> Option<Duration> {
        let unit = text.find(|c: char| !c.is_ascii_digit())?;
        // The engine counts in signed 64-bit nanoseconds: a number of this size fits.
        let number = u64::from(text[..unit].parse::<u32>().ok()?);
        match &text[unit..] {
            "ms" => Some(Duration::from_millis(number)),
            "s" => Some(Duration::from_secs(number)),
            "m" if number <= 1_000_000 => Some(Duration::from_secs(60 * number)),
            _ => None,
        }
    }

    /// As Go prints it, which is what docker compose hashes: `1m30s`, `1h0m0s`, `1.5s`.
    pub(in crate::compose) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&as_go(duration.unwrap_or_default()))
    }

    pub(super) fn as_go(duration: Duration) -> String {
        let (whole, millis) = (duration.as_secs(), duration.subsec_millis());
        if whole == 0 && millis > 0 {
            return format!("{millis}ms");
        }
        let fraction = format!(".{millis:03}");
        let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
        let seconds = format!("{}{fraction}s", whole % 60);
        match (whole / 3_600, whole / 60 % 60) {
            (0, 0) => seconds,
            (0, minutes) => format!("{minutes}m{seconds}"),
            (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
        }
    }
}

/// Writes a number as Go does: a whole one without a fraction.
pub(super) fn as_go_number<S: Serializer>(
    number: &Option<f32>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match number.unwrap_or_default() {
        whole if whole.fract() == 0.0 => serializer.serialize_u64(whole as u64),
        number => serializer.serialize_f32(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn sizes_are_powers_of_1024() {
        for (text, expected) in [
            ("1024b", Some(1024)),
            ("64m", Some(64 << 20)),
            ("2g", Some(2 << 30)),
            ("10k", Some(10 << 10)),
            ("0m", None),
            ("1024", None),
            ("m", None),
            ("-1m", None),
            ("1x", None),
            ("1.5m", None),
            ("9999999999g", None),
            ("", None),
        ] {
            assert_eq!(bytes::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn durations_are_written_as_go_does() {
        for (text, written) in [
            ("0s", "0s"),
            ("5s", "5s"),
            ("90s", "1m30s"),
            ("60m", "1h0m0s"),
            ("1m", "1m0s"),
            ("1500ms", "1.5s"),
            ("500ms", "500ms"),
            ("61001ms", "1m1.001s"),
        ] {
            let parsed = duration::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(duration::as_go(parsed), written, "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "5 s",
            "-1s",
            "1.5s",
            "99999999999s",
            "9999999m",
            "1h",
        ] {
            assert_eq!(duration::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([0-9]{0,25}(ms|s|h|k|g|t|w|.)?){0,4}") {
            let _ = (bytes::parse(&text), duration::parse(&text));
        }

        #[test]
        fn every_duration_is_written(millis in 0_u64..1 << 40) {
            let written = duration::as_go(Duration::from_millis(millis));
            prop_assert!(written.ends_with('s') && !written.contains(' '), "{}", written);
        }
    }
}
