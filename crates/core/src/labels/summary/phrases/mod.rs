//! Whether an edit summary says that the edit undoes others: the words that MediaWiki's undo and
//! rollback and the common tools write, by language. The patterns find out which edit was undone.

use super::case::capitalised;
use super::plain::said;
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// Where in the text a phrase counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// As a whole word: no letter or digit before or after it.
    Word,
    /// At the start of a word, whose ending varies.
    Start,
    /// Anywhere: in scripts without spaces or with words attached to each other.
    Any,
}

/// Phrases in lower case; the README of the folder above describes the table.
const PHRASES: &str = include_str!("../phrases.tsv");

/// Beginnings of the messages by which bots tell users about a revert; the edit itself reverts nothing.
const NOTICES: [&str; 2] = ["BOT - Notifying user of ", "Welcome, edit reverted"];

struct PhraseMatcher {
    automaton: AhoCorasick,
    /// By pattern of the automaton.
    places: Vec<At>,
}

static MATCHER: LazyLock<PhraseMatcher> = LazyLock::new(|| {
    let mut phrases = Vec::new();
    let mut places = Vec::new();
    for line in PHRASES.lines() {
        let (at, phrase) = parse(line).expect("a test reads every line");
        // The automaton folds ASCII case only.
        for form in [phrase.to_owned(), capitalised(phrase)] {
            phrases.push(form);
            places.push(at);
        }
    }
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .build(phrases)
        .expect("the phrases are far below the size limit of an automaton");
    PhraseMatcher { automaton, places }
});

/// A line of the table: place, languages and phrase, separated by tabs.
fn parse(line: &str) -> Option<(At, &str)> {
    let (place, rest) = line.split_once('\t')?;
    let (_languages, phrase) = rest.split_once('\t')?;
    let at = match place {
        "word" => At::Word,
        "start" => At::Start,
        "any" => At::Any,
        _ => return None,
    };
    Some((at, phrase))
}

/// Whether an editor says, after the name of the section, that the edit reverts others. It may also be
/// about a revert.
pub(super) fn says_revert(typed: &str) -> bool {
    if NOTICES.iter().any(|notice| typed.starts_with(notice)) {
        return false;
    }
    let said = said(typed);
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let matcher = &*MATCHER;
    matcher
        .automaton
        .find_overlapping_iter(&*said)
        .any(|found| {
            let before = || is_letter(said[..found.start()].chars().next_back());
            let after = || is_letter(said[found.end()..].chars().next());
            match matcher.places[found.pattern().as_usize()] {
                At::Word => !before() && !after(),
                At::Start => !before(),
                At::Any => true,
            }
        })
}

#[cfg(test)]
mod tests;
