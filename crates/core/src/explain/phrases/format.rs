//! Numbers and names in phrases.

use crate::explain::edit_row::EditRow;
use crate::features::{Column, FEATURES};

/// A number with its noun, such as `1 word` or `4,210 words`.
pub(super) fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// The value of a count as a phrase; 0 is `no words`.
pub(super) fn count_of(value: f32, one: &str, many: &str) -> String {
    if value == 0.0 {
        format!("no {many}")
    } else {
        counted(value as i64, one, many)
    }
}

/// A share as a percentage, such as `40 %`; a small one that is not 0 is `under 1 %`.
pub(super) fn percent(share: f32) -> String {
    let percent = (share * 100.0).round();
    if percent == 0.0 && share > 0.0 {
        "under 1 %".to_owned()
    } else {
        format!("{percent} %")
    }
}

/// A number with commas between thousands.
pub(super) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A name from the edit in quotation marks, without control characters and at most 40 characters.
pub(super) fn quoted(name: &str) -> String {
    const LONGEST: usize = 40;
    let mut text: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect();
    if name.chars().count() > LONGEST {
        text.push('…');
    }
    format!("“{text}”")
}

/// The phrase for a feature without one of its own: its name and its value, or `unknown`.
pub(super) fn plain(column: Column, row: &EditRow<'_>) -> String {
    let feature = &FEATURES[column as usize];
    let name = feature.name.replace('_', " ");
    if row.is_missing(column) {
        format!("{name} unknown")
    } else {
        format!("{name} {}", row.value(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (-4_210, "-4,210"),
            (1_234_567, "1,234,567"),
            (i64::MIN, "-9,223,372,036,854,775,808"),
        ] {
            assert_eq!(grouped(number), expected);
        }
        assert_eq!(counted(1, "edit", "edits"), "1 edit");
        assert_eq!(percent(0.004), "under 1 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(quoted("a\u{1b}[2J\nb"), "“a[2Jb”");
        assert_eq!(quoted(&"ä".repeat(41)), format!("“{}…”", "ä".repeat(40)));
    }
}
