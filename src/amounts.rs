//! Numbers as people read them.

/// With commas between thousands.
pub use wikisentry_core::text::grouped as count;

/// In binary units, three digits.
pub fn bytes(amount: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut value = amount as f64;
    while value >= 1_000.0 && unit + 1 < UNITS.len() {
        value /= 1_024.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && value < 99.95);
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// How much of something comes in a second.
pub fn rate(per_second: f64) -> String {
    match per_second {
        // From here on one decimal would round to 100.0.
        ..99.95 => format!("{per_second:.1}/s"),
        _ => format!("{}/s", count(per_second.round() as u64)),
    }
}

/// A span of time in its largest unit; spans are never negative, clocks may be.
pub fn span(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    match seconds {
        ..120.0 => format!("{seconds:.1} s"),
        ..7_200.0 => format!("{:.0} min", seconds / 60.0),
        ..172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        _ => format!("{:.0} days", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        for (amount, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345, "12,345"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(count(amount), text);
        }
        for (amount, text) in [
            (999, "999 B"),
            (1_000, "1.0 KiB"),
            (150 << 20, "150 MiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "16777216 TiB"),
        ] {
            assert_eq!(bytes(amount), text);
        }
        for (per_second, text) in [
            (0.04, "0.0/s"),
            (42.25, "42.2/s"),
            (99.96, "100/s"),
            (65_666.4, "65,666/s"),
        ] {
            assert_eq!(rate(per_second), text);
        }
        for (seconds, text) in [
            (-5.0, "0.0 s"),
            (90.0, "90.0 s"),
            (600.0, "10 min"),
            (1e6, "12 days"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }
}
