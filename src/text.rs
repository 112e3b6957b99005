//! Fits text that strangers wrote into a terminal: what could break a line, move the cursor or
//! turn text around is replaced, and columns are measured as terminals draw them.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use wikisentry_core::text::is_unsafe_to_show;

/// The text with everything that is unsafe on a terminal replaced by `�`.
pub fn harmless(text: &str) -> String {
    let safe = |c| if is_unsafe_to_show(c) { '\u{fffd}' } else { c };
    text.chars().map(safe).collect()
}

/// The text as one word of a shell, quoted where it must be. What could not be typed as it is shown is
/// made harmless.
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "=._-:/,@+".contains(c);
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", harmless(text).replace('\'', r"'\''")),
    }
}

/// The text made harmless and cut to `width` columns, with `…` where something is missing.
pub fn fit(text: &str, width: usize) -> String {
    // A comment may be a megabyte long; no terminal is this wide.
    let longest = width.saturating_mul(4).saturating_add(64);
    let text = match text.char_indices().nth(longest) {
        Some((end, _)) => harmless(&text[..end]),
        None => harmless(text),
    };
    if text.width() <= width {
        return text;
    }
    let mut cut = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used >= width {
            break;
        }
        cut.push(c);
    }
    if width > 0 {
        cut.push('…');
    }
    cut
}

/// The text fitted into exactly `width` columns.
pub fn column(text: &str, width: usize) -> String {
    padded(fit(text, width), width)
}

/// The text made harmless, in at least `width` columns.
pub fn at_least(text: &str, width: usize) -> String {
    padded(harmless(text), width)
}

fn padded(mut text: String, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_and_reordering_marks_do_not_reach_the_terminal() {
        let hostile = "a\u{1b}[2Jb\r\nc\u{202e}d\u{9b}1m";
        let shown = harmless(hostile);
        assert_eq!(shown, "a�[2Jb��c�d�1m");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        for (text, width, expected) in [
            ("abc", 5, "abc  "),
            ("abcdef", 4, "abc…"),
            ("日本語版", 5, "日本…"),
            ("日本語版", 6, "日本… "),
            ("日本語版", 8, "日本語版"),
            ("x", 0, ""),
        ] {
            assert_eq!(column(text, width), expected, "{text} in {width}");
        }
    }

    proptest! {
        #[test]
        fn a_column_is_exactly_as_wide_as_asked(text in ".{0,40}", width in 0usize..30) {
            let shown = column(&text, width);
            prop_assert!(shown.width() <= width, "{shown:?}");
            prop_assert!(!shown.chars().any(is_unsafe_to_show));
        }
    }
}
