//! Finds the pattern that a summary fits: candidates by their first fixed text, all in one pass over
//! the summary, then piece by piece.

use super::case::{capitalised, strip_folded};
use super::pattern::{self, Pattern, PatternKind, Piece};
use super::plain::{END, USER};
use aho_corasick::{AhoCorasick, MatchKind};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Longest text that `{*}` and `{plain}` stand for, in characters.
const MAX_GAP: usize = 96;
/// Longest text that `{users}` stands for, in characters: a summary has at most 500.
const MAX_USERS: usize = 512;
/// Longest name read where nothing marks its end, in bytes.
const MAX_NAME: usize = 85;

/// The texts at the places of a pattern that fits.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Places<'a> {
    pub rev_id: Option<i64>,
    pub user: Option<&'a str>,
    pub to_user: Option<&'a str>,
}

struct PatternMatcher {
    /// Of the different first texts, with and without a capital.
    automaton: AhoCorasick,
    /// Patterns by their first text.
    patterns: Vec<Vec<Pattern>>,
    /// By pattern of the automaton, the index in `patterns`.
    groups: Vec<usize>,
}

static MATCHER: LazyLock<PatternMatcher> = LazyLock::new(PatternMatcher::new);

/// The best of the patterns that a summary fits, which must be free of markup. `language` decides
/// between patterns that fit equally well.
pub(super) fn fit<'a>(text: &'a str, language: &str) -> Option<(PatternKind, Places<'a>)> {
    MATCHER.fit(text, language)
}

impl PatternMatcher {
    fn new() -> Self {
        let mut groups: FxHashMap<String, usize> = FxHashMap::default();
        let mut patterns: Vec<Vec<Pattern>> = Vec::new();
        for pattern in pattern::all() {
            let first = pattern.first_text().expect("a test reads every line");
            let group = *groups.entry(first.to_owned()).or_insert(patterns.len());
            if group == patterns.len() {
                patterns.push(Vec::new());
            }
            if !patterns[group].contains(&pattern) {
                patterns[group].push(pattern);
            }
        }
        // Ties are decided by the order of the files, which a map does not keep.
        let mut firsts: Vec<(String, usize)> = groups.into_iter().collect();
        firsts.sort_unstable_by_key(|(_, group)| *group);
        let mut forms = Vec::new();
        let mut groups = Vec::new();
        for (first, group) in firsts {
            let capital = capitalised(&first);
            // The automaton folds ASCII case only.
            if capital != first && !first.is_ascii() {
                forms.push(capital);
                groups.push(group);
            }
            forms.push(first);
            groups.push(group);
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(forms)
            .expect("the files are far below the size limit of an automaton");
        Self {
            automaton,
            patterns,
            groups,
        }
    }

    fn fit<'a>(&self, text: &'a str, language: &str) -> Option<(PatternKind, Places<'a>)> {
        let mut best: Option<((u8, bool, usize), PatternKind, Places<'a>)> = None;
        for hit in self.automaton.find_overlapping_iter(text) {
            for pattern in &self.patterns[self.groups[hit.pattern().as_usize()]] {
                let rank = (pattern.trust(), pattern.is_of(language), pattern.fixed);
                if best.as_ref().is_some_and(|(known, ..)| *known >= rank) {
                    continue;
                }
                if let Some(places) = fit_at(pattern, text, hit.start()) {
                    best = Some((rank, pattern.kind, places));
                }
            }
        }
        best.map(|(_, kind, places)| (kind, places))
    }
}

/// The places, if the pattern fits with its first fixed text at byte `at`.
fn fit_at<'a>(pattern: &Pattern, text: &'a str, at: usize) -> Option<Places<'a>> {
    let before = &text[..at];
    let start = match pattern.pieces.first()? {
        Piece::Text(first) => {
            // Within a word it is part of another word, in scripts with upper and lower case. But a
            // capital may begin a word there: people type right before an automatic summary.
            let is_cased = first.chars().next().is_some_and(char::is_lowercase);
            let is_capital = text[at..].chars().next().is_some_and(char::is_uppercase);
            if is_cased
                && !is_capital
                && before
                    .chars()
                    .next_back()
                    .is_some_and(char::is_alphanumeric)
            {
                return None;
            }
            at
        }
        Piece::User | Piece::To if before.ends_with(END) => before.rfind(USER)?,
        Piece::Rev if before.ends_with(END) => before.rfind(USER)?,
        Piece::Rev => before.trim_end_matches(|c: char| c.is_ascii_digit()).len(),
        _ => return None,
    };
    let mut places = Places::default();
    follow(&pattern.pieces, &text[start..], &mut places).then_some(places)
}

/// Whether the text starts with the pieces, one after another; fills in the places.
fn follow<'a>(pieces: &[Piece], text: &'a str, places: &mut Places<'a>) -> bool {
    let Some((piece, next)) = pieces.split_first() else {
        return true;
    };
    match piece {
        Piece::Text(fixed) => {
            strip_folded(text, fixed).is_some_and(|rest| follow(next, rest, places))
        }
        Piece::Rev => revision(text).is_some_and(|(rev_id, rest)| {
            places.rev_id = Some(rev_id);
            follow(next, rest, places)
        }),
        Piece::Number => {
            // A count is written in the digits of the language.
            let rest = text.trim_start_matches(char::is_numeric);
            rest.len() < text.len() && follow(next, rest, places)
        }
        Piece::User => marked(text).is_some_and(|(name, rest)| {
            places.user = Some(name);
            follow(next, rest, places)
        }),
        Piece::To => match marked(text) {
            Some((name, rest)) => {
                places.to_user = Some(name);
                follow(next, rest, places)
            }
            None if next.is_empty() => {
                places.to_user = unmarked(text);
                true
            }
            None => between(next, text, MAX_GAP, places, |name, places| {
                places.to_user = Some(name)
            }),
        },
        Piece::Plain => between(next, text, MAX_GAP, places, |name, places| {
            places.user = Some(name)
        }),
        Piece::Users => between(next, text, MAX_USERS, places, |_, _| {}),
        Piece::Gap => between(next, text, MAX_GAP, places, |_, _| {}),
    }
}

/// Whether the pieces follow after some text, the shortest possible, of so many characters at most. It
/// holds no marked user, unless it may be as long as several are.
fn between<'a>(
    next: &[Piece],
    text: &'a str,
    longest: usize,
    places: &mut Places<'a>,
    take: impl Fn(&'a str, &mut Places<'a>),
) -> bool {
    for (at, c) in text.char_indices().take(longest + 1) {
        // Cheaper than `follow`, and rules out most positions.
        if may_start(next, &text[at..]) && follow(next, &text[at..], places) {
            take(text[..at].trim(), places);
            return true;
        }
        if c == USER && longest < MAX_USERS {
            return false;
        }
    }
    false
}

fn may_start(pieces: &[Piece], text: &str) -> bool {
    match pieces.first() {
        Some(Piece::Text(fixed)) => strip_folded(text, fixed).is_some(),
        _ => true,
    }
}

/// A revision: digits, or a link whose text is digits.
fn revision(text: &str) -> Option<(i64, &str)> {
    if let Some((name, rest)) = marked(text) {
        return Some((positive(name)?, rest));
    }
    let text = text.strip_prefix('#').unwrap_or(text);
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    Some((positive(&text[..text.len() - rest.len()])?, rest))
}

fn positive(digits: &str) -> Option<i64> {
    let all = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    all.then(|| digits.parse().ok())?.filter(|id| *id > 0)
}

/// A name between marks, and the text after it.
fn marked(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix(USER)?.split_once(END)
}

/// A name without marks at the end of a pattern. Text that tools write after it is cut off.
fn unmarked(text: &str) -> Option<&str> {
    let mut end = text.len();
    for stop in [". ", " (", "; ", ": ", ", ", " |", " using ", "."] {
        let at = match stop {
            "." => text.strip_suffix('.').map(str::len),
            _ => text.find(stop),
        };
        end = end.min(at.unwrap_or(end));
    }
    let name = text[..end].trim();
    let is_name = !name.is_empty() && name.len() <= MAX_NAME && !name.contains([USER, END]);
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_end_where_the_text_of_a_tool_begins() {
        for (text, name) in [
            ("Mohondas. (TW)", Some("Mohondas")),
            (
                "94.144.63.103. Report False Positive?",
                Some("94.144.63.103"),
            ),
            ("P Arank", Some("P Arank")),
            ("GiantSnowman.", Some("GiantSnowman")),
            ("", None),
            (" ", None),
        ] {
            assert_eq!(unmarked(text), name, "{text}");
        }
    }
}
