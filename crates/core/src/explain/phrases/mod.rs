//! Phrases for reasons. Each states a fact of the edit, or that it is unknown; none accuses the user
//! or guesses.

mod format;
mod page;
mod summary;
mod user;

use super::edit_row::EditRow;
use super::explanation::Direction;
use crate::features::{Column, ReasonKind};

/// The phrase for a reason; `named` are the features that it is about, the one with the largest
/// contribution first.
pub(super) fn phrase(
    kind: ReasonKind,
    named: &[Column],
    direction: Direction,
    row: &EditRow<'_>,
) -> String {
    let mut text = String::new();
    for column in named {
        add(&mut text, &fact(kind, *column, direction, row));
    }
    text
}

/// Adds a fact to those before, without what they have said already.
fn add(text: &mut String, fact: &str) {
    let said = text.split("; ").any(|said| said.starts_with(fact));
    if said {
        return;
    }
    // Facts of one kind may begin alike: `summary of 4 words, 20 % capitals`.
    let alike = text.bytes().zip(fact.bytes());
    let alike = alike.take_while(|(one, other)| one == other).count();
    let whole = fact.get(..alike).unwrap_or_default();
    let end = match whole.len() == text.len() && fact[alike..].starts_with(", ") {
        true => Some(alike),
        false => whole.rfind(", "),
    };
    match end {
        _ if text.is_empty() => text.push_str(fact),
        Some(end) => text.push_str(&fact[end..]),
        None => {
            text.push_str("; ");
            text.push_str(fact);
        }
    }
}

/// What a feature says of the edit.
fn fact(kind: ReasonKind, leading: Column, direction: Direction, row: &EditRow<'_>) -> String {
    match kind {
        ReasonKind::UserKind => user::kind(row),
        ReasonKind::Address => user::address(row),
        ReasonKind::UserName => user::name(leading, row),
        ReasonKind::SharedWords => user::shared_words(leading, row),
        ReasonKind::Account => user::account(row),
        ReasonKind::Groups => user::groups(row),
        ReasonKind::Summary => summary::summary(leading, row),
        ReasonKind::SummaryLinks => summary::links(leading, row),
        ReasonKind::SummaryWords => summary::words(leading, row),
        ReasonKind::Section => summary::section(leading, row),
        ReasonKind::TitleShape => page::title_shape(leading, row),
        ReasonKind::TitleWords => page::title_words(leading, row),
        ReasonKind::Wording => summary::wording(direction, row),
        ReasonKind::PageKind => page::kind(row),
        ReasonKind::PageHistory => page::history(leading, row),
        ReasonKind::Wiki => format!("on {}", row.edit.wiki),
        ReasonKind::Size => page::size(leading, row),
        ReasonKind::Minor => page::minor(row),
        ReasonKind::Patrolled => page::patrolled(row),
        ReasonKind::Time => page::time(leading, row),
    }
}

#[cfg(test)]
mod tests {
    use super::add;

    #[test]
    fn facts_are_put_together_without_saying_anything_twice() {
        for (facts, whole) in [
            (&["on enwiki", "on enwiki"][..], "on enwiki"),
            (
                &[
                    "summary of 4 words, 3 links",
                    "summary of 4 words, 20 % capitals",
                ],
                "summary of 4 words, 3 links, 20 % capitals",
            ),
            (
                &["summary of 4 words", "summary of 4 words, 2 years"],
                "summary of 4 words, 2 years",
            ),
            (
                &["summary of 4 words, 2 years", "summary of 4 words"],
                "summary of 4 words, 2 years",
            ),
            (
                &[
                    "title of 12 characters",
                    "title of 2 words",
                    "1 year in the title",
                ],
                "title of 12 characters; title of 2 words; 1 year in the title",
            ),
            (&["“é” a", "“è” a"], "“é” a; “è” a"),
        ] {
            let mut text = String::new();
            for fact in facts {
                add(&mut text, fact);
            }
            assert_eq!(text, whole);
        }
    }
}
