//! Edit summaries without wiki markup: links become their text, and links to users become names
//! between marks, so that one pattern fits all forms of links.

/// Stands before the name of a user whose contributions or page are linked.
pub(super) const USER: char = '\u{1}';
/// Stands after the name of a user.
pub(super) const END: char = '\u{2}';

/// Longer summaries do not exist: MediaWiki cuts them at 500 characters, older ones at 255 bytes.
const MAX_BYTES: usize = 4_096;

/// Whether a summary can name a revision or link to a user: it has a digit or `[[`.
pub(super) fn has_places(comment: &str) -> bool {
    let bytes = comment.as_bytes();
    bytes.iter().any(u8::is_ascii_digit) || memchr::memmem::find(bytes, b"[[").is_some()
}

/// The summary with users marked and without other markup.
pub(super) fn plain(comment: &str) -> String {
    let comment = &comment[..comment.floor_char_boundary(MAX_BYTES)];
    let mut out = String::with_capacity(comment.len());
    let mut rest = comment;
    while let Some(c) = rest.chars().next() {
        if let Some((link, after)) = link(rest) {
            rest = match link.user() {
                Some(name) => {
                    out.push(USER);
                    push_words(&mut out, name);
                    out.push(END);
                    without_talk(after, name)
                }
                None => {
                    push_words(&mut out, link.label.unwrap_or(link.target));
                    after
                }
            };
            continue;
        }
        push(&mut out, c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// Adds a character. White space and control characters, so also forged marks, become one space.
fn push(out: &mut String, c: char) {
    // Some interfaces put marks of writing direction around names.
    if matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}') {
        return;
    }
    if c.is_whitespace() || c.is_control() {
        if !out.ends_with(' ') {
            out.push(' ');
        }
    } else {
        out.push(c);
    }
}

fn push_words(out: &mut String, text: &str) {
    text.chars()
        .for_each(|c| push(out, if c == '_' { ' ' } else { c }));
}

struct Link<'a> {
    target: &'a str,
    label: Option<&'a str>,
}

/// The link that the text starts with, and what follows it.
fn link(text: &str) -> Option<(Link<'_>, &str)> {
    let inner = text.strip_prefix("[[")?;
    let (inner, after) = inner.split_once("]]")?;
    if inner.contains("[[") || inner.is_empty() {
        return None;
    }
    let (target, label) = match inner.split_once('|') {
        Some((target, label)) => (target, Some(label)),
        None => (inner, None),
    };
    Some((Link { target, label }, after))
}

impl<'a> Link<'a> {
    /// The user, if the link has the form `Special:Contributions/NAME|NAME` or `User:NAME|NAME` in
    /// any language, or `Special:Contributions/NAME` without a label.
    fn user(&self) -> Option<&'a str> {
        let Some(label) = self.label else {
            let (_, name) = self.target.split_once(":Contributions/")?;
            return (!name.is_empty()).then_some(name);
        };
        let label = label.trim();
        let target = self.target.trim();
        if label.is_empty() || !target.contains(':') || target.len() <= label.len() {
            return None;
        }
        let at = target.len() - label.len();
        let before = target.get(..at)?;
        let same = target[at..]
            .chars()
            .map(|c| if c == '_' { ' ' } else { c })
            .eq(label.chars().map(|c| if c == '_' { ' ' } else { c }));
        let is_user = match before.strip_suffix(':') {
            Some(namespace) => !is_shortcut(namespace.trim_start_matches(':')),
            None => before.ends_with('/'),
        };
        (same && is_user).then_some(label)
    }
}

/// Whether a namespace holds pages about tools and rules, as in `[[WP:TW|TW]]`.
fn is_shortcut(namespace: &str) -> bool {
    let is_capital = |c: char| c.is_uppercase() || !c.is_alphabetic();
    matches!(
        namespace,
        "Project" | "Wikipedia" | "Help" | "Category" | "Template" | "File"
    ) || (namespace.chars().all(is_capital) && !namespace.is_empty())
        || (namespace.chars().count() <= 3 && !namespace.is_ascii())
}

/// The text after the link to a user, without the bracket with the link to the talk page.
fn without_talk<'a>(after: &'a str, name: &str) -> &'a str {
    let bracket = after.trim_start();
    let Some(inner) = bracket.strip_prefix(['(', '（']) else {
        return after;
    };
    let Some((first, mut rest)) = link(inner) else {
        return after;
    };
    let page = |text: &str| text.replace('_', " ");
    if !page(first.target).ends_with(page(name).as_str()) {
        return after;
    }
    // The bracket may hold more links, with other text between them.
    for _ in 0..8 {
        let Some(at) = rest.find([')', '）', '[']) else {
            return after;
        };
        match rest[at..].chars().next() {
            Some('[') => match link(&rest[at..]) {
                Some((_, next)) => rest = next,
                None => return after,
            },
            Some(close) => return &rest[at + close.len_utf8()..],
            None => return after,
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_users_and_drops_the_rest_of_the_markup() {
        for (comment, expected) in [
            ("rv spam", "rv spam"),
            (
                "[[WP:UNDO|Undid]] revision 17 by [[Special:Contributions/A b|A b]] ([[User talk:A b|talk]]) no",
                "Undid revision 17 by \u{1}A b\u{2} no",
            ),
            (
                "by [[:en:Special:Contributions/2001:db8::1|2001:db8::1]] to [[User:Ann|Ann]].",
                "by \u{1}2001:db8::1\u{2} to \u{1}Ann\u{2}.",
            ),
            (
                "[[特別:投稿記録/A_b|A b]]（[[利用者‐会話:A_b|会話]]）による[[H:RV|取り消し]]",
                "\u{1}A b\u{2}による取り消し",
            ),
            ("1 [[WP:TW|TW]]", "1 TW"),
            ("see [[Talk:Rust|the talk]] 1", "see the talk 1"),
            ("a\u{1}b\u{2}  1", "a b 1"),
            ("[[A]] [[", "A [["),
            (
                "[[Special:Contributions/A|A]] ([[WP:HG|HG]])",
                "\u{1}A\u{2} (HG)",
            ),
        ] {
            assert_eq!(plain(comment), expected, "{comment}");
        }
    }
}
