//! Fits text that strangers wrote into a terminal: what could break a line, move the cursor or
//! turn text around is replaced, and columns are measured as terminals draw them.

use anstream::adapter::strip_str;
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;
use wikisentry_core::text::is_unsafe_to_show;

/// Makes one emoji of those on both sides; what is cut off must not leave it behind.
const JOINER: char = '\u{200d}';

/// The text with everything that is unsafe on a terminal replaced by `�`.
pub fn harmless(text: &str) -> String {
    let safe = |c| if is_unsafe_to_show(c) { '\u{fffd}' } else { c };
    text.chars().map(safe).collect()
}

/// The text made harmless line by line: of several lines, as errors of parsers have them.
pub fn harmless_lines(text: &str) -> String {
    let safe = |c| match c {
        '\n' | '\t' => c,
        c if is_unsafe_to_show(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(safe).collect()
}

/// A text with colours and links of ours, and with nothing else in it that is unsafe on a terminal. What
/// strangers wrote is made harmless before: here it could still be coloured.
pub fn screened(text: &str) -> Cow<'_, str> {
    let is_unsafe = |c: char| c != '\n' && c != '\t' && is_unsafe_to_show(c);
    let Some(first) = text.find(is_unsafe) else {
        return Cow::Borrowed(text);
    };
    let mut screened = String::with_capacity(text.len() + 16);
    screened.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(c) = rest.chars().next() {
        let length = own_sequence(rest).unwrap_or_default();
        if length > 0 {
            screened.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        screened.push(if is_unsafe(c) { '\u{fffd}' } else { c });
        rest = &rest[c.len_utf8()..];
    }
    Cow::Owned(screened)
}

/// The length of the sequence that a text begins with, if it sets colours or begins or ends a link.
fn own_sequence(text: &str) -> Option<usize> {
    if let Some(codes) = text.strip_prefix("\x1b[") {
        let end = codes.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        return codes[end..].starts_with('m').then_some(2 + end + 1);
    }
    let url = text.strip_prefix("\x1b]8;;")?;
    let end = url.find(|c: char| !c.is_ascii_graphic())?;
    url[end..].starts_with("\x1b\\").then_some(5 + end + 2)
}

/// Lines of JSON in which what is unsafe on a terminal is escaped. To parsers they say the same.
pub fn escaped_json(lines: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(lines);
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => escaped.push(c),
            // Such a one can only stand between values.
            '\0'..' ' => escaped.push(' '),
            c if is_unsafe_to_show(c) => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => escaped.push(c),
        }
    }
    escaped.into_bytes()
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
    // Measured as a whole, not by characters: those of an emoji of a family are drawn as one.
    let ends: Vec<usize> = text
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .collect();
    let fits = ends.partition_point(|end| text[..*end].width() < width);
    let end = fits.checked_sub(1).map_or(0, |last| ends[last]);
    let mut cut = text[..end].trim_end_matches(JOINER).to_owned();
    if width > 0 {
        cut.push('…');
    }
    cut
}

/// The text fitted into exactly `width` columns.
pub fn column(text: &str, width: usize) -> String {
    padded(fit(text, width), width)
}

/// How many columns of a terminal the text takes; colours take none.
pub fn columns(text: &str) -> usize {
    strip_str(text).to_string().width()
}

/// Where a line may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaks {
    /// At spaces and behind commas: what has neither, such as a path, is left whole, however long.
    AtWords,
    /// Also behind the slashes of paths and URLs.
    AtSlashes,
    /// There too, and what is still too long anywhere.
    Anywhere,
}

/// The text in lines of at most `width` columns, where it can be broken. There is always one line.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    wrapped_at(text, width, Breaks::AtWords)
}

/// The same with other breaks.
pub fn wrapped_at(text: &str, width: usize, breaks: Breaks) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces(text, breaks) {
        if let Some(line) = lines.last_mut() {
            let used = columns(line);
            if used == 0 || used + columns(piece.trim_end()) <= width {
                line.push_str(piece);
                continue;
            }
        }
        lines.push(piece.to_owned());
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    match breaks {
        Breaks::Anywhere => {
            let lines = lines.into_iter();
            lines.flat_map(|line| chunks(line, width)).collect()
        }
        Breaks::AtWords | Breaks::AtSlashes => lines,
    }
}

/// A text cut into parts of at most `width` columns; a part has a character at least.
fn chunks(mut text: String, width: usize) -> Vec<String> {
    let mut chunks = Vec::new();
    while text.width() > width {
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
        let ends: Vec<usize> = ends.collect();
        let fits = ends.partition_point(|end| text[..*end].width() <= width);
        let end = ends[fits.max(1) - 1];
        if end == text.len() {
            break;
        }
        let rest = text.split_off(end);
        chunks.push(std::mem::replace(&mut text, rest));
    }
    chunks.push(text);
    chunks
}

/// How many columns the longest part of the text takes that is not broken.
pub fn longest_piece(text: &str, breaks: Breaks) -> usize {
    let widths = pieces(text, breaks).map(|piece| columns(piece.trim_end()));
    widths.max().unwrap_or(0)
}

/// The parts between two places where a line may end: spaces, and commas but for those in numbers.
/// What stands between backticks is a command, which is typed as one.
fn pieces(text: &str, breaks: Breaks) -> impl Iterator<Item = &str> {
    // Not a rate, nor the version of a model.
    let is_path = text.starts_with('/') || text.contains("://");
    let mut rest = text;
    std::iter::from_fn(move || {
        let next = |at: usize| rest[at + 1..].chars().next();
        let mut is_quoted = false;
        let ends = |(at, c): &(usize, char)| match *c {
            '`' => {
                is_quoted = !is_quoted && rest[at + 1..].contains('`');
                false
            }
            _ if is_quoted => false,
            ' ' => next(*at) != Some(' '),
            // Not in `https://`.
            '/' if next(*at) == Some('/') || rest[..*at].ends_with('/') => false,
            '/' => breaks != Breaks::AtWords && is_path,
            ',' => next(*at).is_some_and(|c| c != ' ' && !c.is_ascii_digit()),
            _ => false,
        };
        let end = rest.char_indices().find(ends).map(|(at, _)| at + 1);
        let (piece, left) = rest.split_at(end.unwrap_or(rest.len()));
        rest = left;
        (!piece.is_empty()).then_some(piece)
    })
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
    fn a_path_is_broken_only_where_that_is_asked_for() {
        let url = "https://example.org/v2/stream";
        assert_eq!(wrapped(url, 20), [url]);
        let lines = wrapped_at(url, 20, Breaks::AtSlashes);
        assert_eq!(lines, ["https://example.org/", "v2/stream"]);
    }

    /// Clears the screen, colours by C1, turns text around, isolates, and sets the title of the window.
    const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{1b}]0;title\u{7}\u{85}\u{7f}";

    #[test]
    fn colours_and_links_pass_the_screen_and_nothing_else_does() {
        let ours = "\u{1b}[1;31mred\u{1b}[0m \u{1b}]8;;https://x/?a=1\u{1b}\\page\u{1b}]8;;\u{1b}\\\n\ttab";
        assert_eq!(screened(ours), ours);
        let shown = screened(HOSTILE);
        assert_eq!(shown, "�[2J�31m���]0;title���");
        for odd in [
            "\u{1b}",
            "\u{1b}[",
            "\u{1b}[1",
            "\u{1b}]8;;",
            "\u{1b}]8;;x\u{7}",
            "\u{1b}]8;;ä\u{1b}\\",
        ] {
            let shown = screened(odd);
            assert!(!shown.chars().any(is_unsafe_to_show), "{shown:?}");
        }
        assert_eq!(
            harmless_lines(&format!("a\n\tb{HOSTILE}")).lines().count(),
            2
        );
    }

    #[test]
    fn escaped_json_says_the_same() {
        let value = serde_json::json!({ "a": HOSTILE, "b": "日本\n" });
        let line = format!("{value}\r\n");
        let shown = String::from_utf8(escaped_json(line.as_bytes())).unwrap();
        assert!(
            shown.contains("\\u009b31m\\u202e\\u2066") && shown.contains("日本"),
            "{shown}"
        );
        assert!(
            !shown.trim_end().chars().any(is_unsafe_to_show),
            "{shown:?}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&shown).unwrap(),
            value
        );
    }

    const FAMILY: &str = "👨\u{200d}👩\u{200d}👧";

    #[test]
    fn wide_characters_take_two_columns() {
        for (text, width, expected) in [
            ("abc", 5, "abc  "),
            ("abcdef", 4, "abc…"),
            ("日本語版", 5, "日本…"),
            ("日本語版", 6, "日本… "),
            ("日本語版", 8, "日本語版"),
            ("x", 0, ""),
            // A family, a flag and a coloured heart are two columns each, of up to seven characters.
            (FAMILY, 2, FAMILY),
            (
                "👨\u{200d}👩\u{200d}👧 home",
                5,
                "👨\u{200d}👩\u{200d}👧 h…",
            ),
            (
                "👨\u{200d}👩\u{200d}👧👨\u{200d}👩\u{200d}👧",
                4,
                "👨\u{200d}👩\u{200d}👧👨\u{200d}👩\u{200d}👧",
            ),
            (
                "👨\u{200d}👩\u{200d}👧👨\u{200d}👩\u{200d}👧",
                3,
                "👨\u{200d}👩\u{200d}👧…",
            ),
            ("🏳\u{fe0f}\u{200d}🌈!", 4, "🏳\u{fe0f}\u{200d}🌈! "),
            ("❤\u{fe0f}!", 4, "❤\u{fe0f}! "),
        ] {
            assert_eq!(column(text, width), expected, "{text} in {width}");
        }
    }

    #[test]
    fn a_text_is_broken_at_spaces_and_commas() {
        for (text, width, expected) in [
            ("", 5, vec![""]),
            ("one two", 7, vec!["one two"]),
            ("one two", 6, vec!["one", "two"]),
            ("one, two three", 8, vec!["one, two", "three"]),
            (r#"["a","b"]"#, 6, vec![r#"["a","#, r#""b"]"#]),
            ("1,234 edits", 8, vec!["1,234", "edits"]),
            ("in a/long/path", 7, vec!["in", "a/long/path"]),
            ("   1.0 GiB", 10, vec!["   1.0 GiB"]),
            ("日本 語", 4, vec!["日本", "語"]),
            ("run `one two` now", 9, vec!["run", "`one two`", "now"]),
            ("it's `one two", 8, vec!["it's", "`one two"]),
        ] {
            assert_eq!(wrapped(text, width), expected, "{text} in {width}");
        }
    }

    proptest! {
        #[test]
        fn nothing_unsafe_passes_the_screen_but_what_is_ours(text in any::<String>()) {
            let shown = screened(&text);
            let plain = anstream::adapter::strip_str(&shown).to_string();
            let is_unsafe = |c: char| c != '\n' && c != '\t' && is_unsafe_to_show(c);
            prop_assert!(!plain.chars().any(is_unsafe), "{shown:?}");
        }

        #[test]
        fn whole_texts_are_wrapped_into_every_width(text in "([日本a]{0,40} ?){0,3}", width in 0usize..30) {
            let lines = wrapped_at(&text, width, Breaks::Anywhere);
            let joined: String = lines.concat().split(' ').collect();
            prop_assert_eq!(joined, text.split(' ').collect::<String>());
            for line in lines {
                prop_assert!(line.width() <= width.max(2), "{line:?}");
            }
        }

        #[test]
        fn a_column_is_exactly_as_wide_as_asked(text in ".{0,40}", width in 0usize..30) {
            let shown = column(&text, width);
            prop_assert!(shown.width() <= width, "{shown:?}");
            prop_assert!(!shown.chars().any(is_unsafe_to_show));
        }
    }
}
