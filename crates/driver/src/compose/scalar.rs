//! Sizes and durations in the notations of compose files, and as docker compose writes them back.

use serde::{Deserialize, Serialize, Serializer};
use std::time::Duration;

/// Bytes, written as a whole number with one of Docker's units, which are powers of 1024.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bytes(pub u64);

impl TryFrom<String> for Bytes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        bytes(&text).ok_or("a size such as 512m is expected")
    }
}

fn bytes(text: &str) -> Option<Bytes> {
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
    (bytes > 0 && i64::try_from(bytes).is_ok()).then_some(Bytes(bytes))
}

/// As docker compose writes them: a text of digits.
impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        bytes.0.to_string()
    }
}

/// A duration, written as a whole number of `ms`, `s` or `m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GoDuration(pub Duration);

impl TryFrom<String> for GoDuration {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        duration(&text).ok_or("a duration such as 30s is expected")
    }
}

fn duration(text: &str) -> Option<GoDuration> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    // The engine counts in signed 64-bit nanoseconds: a number of this size fits.
    let number = u64::from(text[..unit].parse::<u32>().ok()?);
    let duration = match &text[unit..] {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" if number <= 1_000_000 => Duration::from_secs(60 * number),
        _ => return None,
    };
    Some(GoDuration(duration))
}

/// As Go prints it, which is what docker compose hashes: `1m30s`, `1h0m0s`, `1.5s`.
impl From<GoDuration> for String {
    fn from(GoDuration(duration): GoDuration) -> Self {
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
            assert_eq!(bytes(text), expected.map(Bytes), "{text}");
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
            let parsed = duration(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(String::from(parsed), written, "{text}");
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
            assert_eq!(duration(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([0-9]{0,25}(ms|s|h|k|g|t|w|.)?){0,4}") {
            let _ = (bytes(&text), duration(&text));
        }

        #[test]
        fn every_duration_is_written(millis in 0_u64..1 << 40) {
            let written = String::from(GoDuration(Duration::from_millis(millis)));
            prop_assert!(written.ends_with('s') && !written.contains(' '), "{}", written);
        }
    }
}
