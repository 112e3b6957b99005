//! Sizes and durations in the notations of compose files, and as docker compose writes them back.

use serde::Serializer;
use std::time::Duration;

/// `512m`, `1.5g`, `1024`, `64KiB`: bytes in powers of 1024, as Docker reads sizes.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let power = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        _ => return None,
    };
    let scale = 1_u64 << (10 * power);
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(scale).filter(|bytes| fits(*bytes));
    }
    let bytes = number.parse::<f64>().ok()? * scale as f64;
    (bytes.is_finite() && fits(bytes as u64)).then_some(bytes as u64)
}

/// The engine counts bytes in signed 64-bit numbers.
fn fits(bytes: u64) -> bool {
    i64::try_from(bytes).is_ok()
}

/// `1m30s`, `1.5h`, `500ms`: a sequence of numbers with units.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut nanos = 0_f64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit = &rest[end..];
        let unit_end = unit
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(unit.len());
        let scale = match &unit[..unit_end] {
            "ns" => 1.0,
            "us" | "µs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3_600e9,
            "d" => 86_400e9,
            "w" => 604_800e9,
            _ => return None,
        };
        nanos += number * scale;
        rest = &unit[unit_end..];
    }
    // The engine counts in signed 64-bit nanoseconds.
    (nanos < i64::MAX as f64).then(|| Duration::from_nanos(nanos.round() as u64))
}

/// A duration as Go prints it, which is what docker compose hashes: `1m30s`, `1h0m0s`, `1.5ms`.
pub(super) fn go_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let fraction = |nanos: u128, unit: u128| {
        let digits = unit.ilog10() as usize;
        let text = format!("{}.{:0digits$}", nanos / unit, nanos % unit);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{}µs", fraction(nanos, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", fraction(nanos, 1_000_000)),
        _ => {
            let minutes = nanos / 60_000_000_000;
            let seconds = fraction(nanos % 60_000_000_000, 1_000_000_000);
            let seconds = if seconds.is_empty() { "0" } else { &seconds };
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, m) => format!("{m}m{seconds}s"),
                (h, m) => format!("{h}h{m}m{seconds}s"),
            }
        }
    }
}

/// Writes a duration as Go does.
pub(super) fn as_go_duration<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&go_duration(duration.unwrap_or_default()))
}

/// Writes bytes as docker compose does: as a text of digits.
pub(super) fn as_digits<S: Serializer>(
    bytes: &Option<u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&bytes.unwrap_or_default())
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
            ("0", Some(0)),
            ("1024", Some(1024)),
            ("64m", Some(64 << 20)),
            ("1.5g", Some(3 << 29)),
            ("2 GiB", Some(2 << 30)),
            ("10KB", Some(10 << 10)),
            ("m", None),
            ("-1m", None),
            ("1x", None),
            ("1..5m", None),
            ("99999999999t", None),
            ("", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }

    #[test]
    fn durations_are_read_and_written_as_go_does() {
        for (text, written) in [
            ("0s", "0s"),
            ("5s", "5s"),
            ("90s", "1m30s"),
            ("1h", "1h0m0s"),
            ("1m", "1m0s"),
            ("1.5s", "1.5s"),
            ("500ms", "500ms"),
            ("1500us", "1.5ms"),
            ("10us", "10µs"),
            ("7ns", "7ns"),
            ("1d1m10s", "24h1m10s"),
        ] {
            let parsed = duration(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(go_duration(parsed), written, "{text}");
        }
        for text in ["", "5", "s", "5 s", "-1s", "1.2.3s", "1e400s", "999999999w"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([0-9.]{0,25}(ms|s|h|k|g|t|w|.)?){0,4}") {
            let _ = (bytes(&text), duration(&text));
        }

        #[test]
        fn what_is_written_is_read_back(nanos in 0_u64..1 << 50) {
            let written = go_duration(Duration::from_nanos(nanos));
            prop_assert_eq!(duration(&written), Some(Duration::from_nanos(nanos)), "{}", written);
        }
    }
}
