//! Edit summaries without wiki markup: links become their text, and links to users become names
//! between marks, so that one pattern fits all forms of links.

use std::borrow::Cow;

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
    let mut rest = bounded(comment);
    let mut out = Words::with_capacity(rest.len());
    while let Some(c) = rest.chars().next() {
        if let Some((link, after)) = link(rest) {
            rest = match link.user() {
                Some(user) => {
                    out.push_name(user.before);
                    out.text.push(USER);
                    out.push_name(user.name);
                    out.text.push(END);
                    out.push_name(user.after);
                    match user.after.is_empty() {
                        true => without_talk(after, user.name),
                        false => after,
                    }
                }
                None => {
                    out.is_seam = true;
                    out.push_name(link.label.unwrap_or(link.target));
                    out.is_seam = true;
                    after
                }
            };
            continue;
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out.text
}

/// What an editor says in a summary, without what is only named in it: links to users become
/// `[[@]]`, other links their label and `]]`, and links without a label `[[]]`.
pub(super) fn said(comment: &str) -> Cow<'_, str> {
    let mut rest = bounded(comment);
    if !rest.contains("[[") {
        return Cow::Borrowed(rest);
    }
    let mut out = String::with_capacity(rest.len());
    while let Some(at) = rest.find("[[") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some((link, after)) = link(rest) else {
            out.push_str("[[");
            rest = &rest[2..];
            continue;
        };
        match (link.user(), link.label) {
            (Some(user), _) => out.extend([user.before, "[[@]]", user.after]),
            (None, Some(label)) => {
                out.push_str(label);
                out.push_str("]]");
            }
            (None, None) => out.push_str("[[]]"),
        }
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The summary up to its first link to a user.
pub(super) fn before_user(comment: &str) -> &str {
    let mut starts = comment.match_indices("[[").map(|(at, _)| at);
    let user =
        starts.find(|at| link(&comment[*at..]).is_some_and(|(link, _)| link.user().is_some()));
    &comment[..user.unwrap_or(comment.len())]
}

/// The part of a summary that is read. A number at its end may have been cut: it is left out.
fn bounded(comment: &str) -> &str {
    if comment.len() <= MAX_BYTES {
        return comment;
    }
    let cut = &comment[..comment.floor_char_boundary(MAX_BYTES)];
    cut.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// Text without markup, as it is written.
struct Words {
    text: String,
    /// Whether something was left out after the text: digits before and after it are two numbers.
    is_seam: bool,
}

impl Words {
    fn with_capacity(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            is_seam: false,
        }
    }

    /// Adds a character. White space and control characters, so also forged marks, become one space.
    fn push(&mut self, c: char) {
        // Some interfaces put marks of writing direction around names.
        if matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}') {
            self.is_seam = true;
            return;
        }
        let is_number_before = self.text.ends_with(|last: char| last.is_ascii_digit());
        if self.is_seam && c.is_ascii_digit() && is_number_before {
            self.text.push(' ');
        }
        self.is_seam = false;
        if !c.is_whitespace() && !c.is_control() {
            self.text.push(c);
        } else if !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    /// Adds the name of a page or user, in which `_` stands for a space.
    fn push_name(&mut self, name: &str) {
        name.chars()
            .for_each(|c| self.push(if c == '_' { ' ' } else { c }));
    }
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

/// The label of a link to a user: the name, and what else it says.
struct LinkedUser<'a> {
    before: &'a str,
    name: &'a str,
    after: &'a str,
}

impl<'a> Link<'a> {
    /// The user, if the link has the form `Special:Contributions/NAME|NAME` or `User:NAME|NAME` in
    /// any language, `Special:Contributions/NAME|words NAME words`, or `Special:Contributions/NAME`
    /// without a label.
    fn user(&self) -> Option<LinkedUser<'a>> {
        let (before, after) = ("", "");
        let Some(label) = self.label else {
            let (_, name) = self.target.split_once(":Contributions/")?;
            let user = LinkedUser {
                before,
                name,
                after,
            };
            return (!name.is_empty()).then_some(user);
        };
        let label = label.trim();
        let target = self.target.trim();
        if label.is_empty() || !target.contains(':') {
            return None;
        }
        let page = without_end(target, label).unwrap_or_default();
        let is_user = match page.strip_suffix(':') {
            Some(namespace) => !is_shortcut(namespace.trim_start_matches(':')),
            None => page.ends_with('/'),
        };
        if is_user {
            return Some(LinkedUser {
                before,
                name: label,
                after,
            });
        }
        let (page, name) = target.split_once('/')?;
        let (namespace, _) = page.trim_start_matches(':').split_once(':')?;
        if name.is_empty() || is_shortcut(namespace) {
            return None;
        }
        if let Some(before) = without_end(label, name) {
            let name = &label[before.len()..];
            return Some(LinkedUser {
                before,
                name,
                after,
            });
        }
        let at = label
            .get(..name.len())
            .filter(|start| is_same_title(start, name))?;
        Some(LinkedUser {
            before,
            name: at,
            after: &label[at.len()..],
        })
    }
}

fn is_same_title(one: &str, other: &str) -> bool {
    let words = |text: &str| text.replace('_', " ");
    one == other || (one.len() == other.len() && words(one) == words(other))
}

/// The text before `end`, if it ends with that title.
fn without_end<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(end.len())?;
    (text.is_char_boundary(at) && is_same_title(&text[at..], end)).then(|| &text[..at])
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
            ("1[[a|2]]3[[b|]]4\u{200e}5", "1 2 3 4 5"),
            ("a[[b|c]]d", "acd"),
            (
                "[[Special:Contributions/A_b|A b-ის]]([[User talk:A b|t]])",
                "\u{1}A b\u{2}-ის(t)",
            ),
            (
                "[[Special:Contributions/A|edits of A]] ([[User talk:A|t]]); x",
                "edits of \u{1}A\u{2}; x",
            ),
            ("[[WP:AN/I|I see]]", "I see"),
            ("[[A]] [[", "A [["),
            (
                "[[Special:Contributions/A|A]] ([[WP:HG|HG]])",
                "\u{1}A\u{2} (HG)",
            ),
        ] {
            assert_eq!(plain(comment), expected, "{comment}");
        }
    }

    #[test]
    fn what_is_only_named_is_not_said() {
        for (comment, expected) in [
            ("rv", "rv"),
            (
                "see [[Rollback (law)]] and [[A|rv]] [[",
                "see [[]] and rv]] [[",
            ),
            ("by [[User:Revert|Revert]]: no", "by [[@]]: no"),
            ("[[Special:Contributions/rv|of rv]]", "of [[@]]"),
        ] {
            assert_eq!(said(comment), expected, "{comment}");
        }
    }

    #[test]
    fn a_number_that_was_cut_is_left_out() {
        let long = format!("{}12345", "a".repeat(MAX_BYTES - 3));
        assert_eq!(plain(&long), "a".repeat(MAX_BYTES - 3));
    }
}
