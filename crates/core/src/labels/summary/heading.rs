//! The name of a section, or the key of an automatic summary, which stands between `/*` and `*/`
//! before the words of the editor.

/// What an editor or a program says after the heading; `None` if that is content: after the key of
/// an automatic summary of Wikibase comes the label or the description that was set.
pub(super) fn without_heading(comment: &str) -> Option<&str> {
    let Some((heading, after)) = heading(comment) else {
        return Some(comment);
    };
    match key(heading) {
        // The key itself says what is undone.
        Some("undo" | "restore") => Some(comment),
        Some(_) => None,
        None => Some(after),
    }
}

/// Whether Wikibase changed the link to a page because the page was moved or deleted on its own wiki.
pub(in crate::labels) fn follows_a_page(comment: &str) -> bool {
    let key = heading(comment).and_then(|(heading, _)| key(heading));
    key.is_some_and(|key| key.starts_with("clientsitelink-"))
}

fn heading(comment: &str) -> Option<(&str, &str)> {
    let (heading, after) = comment.trim_start().strip_prefix("/*")?.split_once("*/")?;
    Some((heading.trim(), after))
}

/// The key of `key:COUNT|ARGUMENTS`, the form of Wikibase's automatic summaries.
fn key(heading: &str) -> Option<&str> {
    let (key, rest) = heading.split_once(':')?;
    let arguments = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_key = key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    (is_key && !key.is_empty() && arguments.len() < rest.len() && arguments.starts_with('|'))
        .then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_words_of_an_editor_are_read() {
        for (comment, expected) in [
            ("rv", Some("rv")),
            ("/* History */ rv", Some(" rv")),
            ("/* Reverted: 5 | 6 */ no", Some(" no")),
            ("/* wbsetlabel-set:1|en */ Revert 1", None),
            (
                "/* wbsetclaim-update:2||1 */ [[Property:P31]]: [[Q5]]",
                None,
            ),
            ("/* undo:0||644|A */ no", Some("/* undo:0||644|A */ no")),
            ("/* restore:0||644|A */", Some("/* restore:0||644|A */")),
            ("/* open", Some("/* open")),
        ] {
            assert_eq!(without_heading(comment), expected, "{comment}");
        }
    }

    #[test]
    fn edits_that_follow_a_page_are_known_by_their_key() {
        for (comment, expected) in [
            (
                "/* clientsitelink-update:0|enwiki|enwiki:A|enwiki:B */",
                true,
            ),
            ("/* clientsitelink-remove:1||enwiki */ A", true),
            ("/* wbsetsitelink-add:1|enwiki */ A", false),
            ("clientsitelink-update", false),
        ] {
            assert_eq!(follows_a_page(comment), expected, "{comment}");
        }
    }
}
