//! Words for facts. Each phrase names what is so, or that it is unknown; it neither accuses nor
//! guesses. Which facts are worth saying is decided by their contributions.

mod page;
mod summary;
mod user;

use super::Direction;
use super::topic::{Facts, Topic};
use crate::features::{Column, FEATURES};

/// What is said of a topic, of which `leading` is the column with most say.
pub(super) fn phrase(
    topic: Topic,
    leading: Column,
    direction: Direction,
    facts: &Facts<'_>,
) -> String {
    match topic {
        Topic::UserKind => user::kind(facts),
        Topic::Address => user::address(facts),
        Topic::UserName => user::name(leading, facts),
        Topic::SharedWords => user::shared_words(leading, facts),
        Topic::Account => user::account(facts),
        Topic::Groups => user::groups(facts),
        Topic::Summary => summary::summary(leading, facts),
        Topic::SummaryLinks => summary::links(leading, facts),
        Topic::SummaryWords => summary::words(leading, facts),
        Topic::Section => summary::section(leading, facts),
        Topic::TitleShape => page::title_shape(leading, facts),
        Topic::TitleWords => page::title_words(leading, facts),
        Topic::Wording => summary::wording(direction, facts),
        Topic::PageKind => page::kind(facts),
        Topic::PageHistory => page::history(leading, facts),
        Topic::Wiki => format!("on {}", facts.edit.wiki),
        Topic::Size => page::size(leading, facts),
        Topic::Minor => page::minor(facts),
        Topic::Patrolled => page::patrolled(facts),
        Topic::Time => page::time(facts),
    }
}

/// `1 word`, `4,210 words`.
fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A count of a column, in words; none is said too.
fn count_of(value: f32, one: &str, many: &str) -> String {
    if value == 0.0 {
        format!("no {many}")
    } else {
        counted(value as i64, one, many)
    }
}

/// `40 %`, and of a little that is not nothing `under 1 %`.
fn percent(share: f32) -> String {
    let percent = (share * 100.0).round();
    if percent == 0.0 && share > 0.0 {
        "under 1 %".to_owned()
    } else {
        format!("{percent} %")
    }
}

/// A number with commas between thousands.
fn grouped(number: i64) -> String {
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

/// A name from the edit in quotation marks, without control characters and not too long.
fn quoted(name: &str) -> String {
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

/// What is said of a column that has no words of its own: that it is unknown, or what it means.
fn plain(column: Column, facts: &Facts<'_>) -> String {
    let feature = &FEATURES[column as usize];
    let name = feature.name.replace('_', " ");
    if facts.is_missing(column) {
        format!("{name} unknown")
    } else {
        format!("{name} {}", facts.value(column))
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
