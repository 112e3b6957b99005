//! The patterns of undo and rollback summaries: short fixed pieces between the places of a
//! revision and of users. Found by their first piece, all of them in one pass over the summary.

use super::RevertSummary;
use super::plain::{END, USER};
use aho_corasick::{AhoCorasick, MatchKind};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// From MediaWiki's own messages; see the note beside the files.
const MESSAGES: &str = include_str!("patterns.tsv");
/// Of wikis that changed the messages, and of tools; as observed.
const OBSERVED: &str = include_str!("observed.tsv");

/// Longest text that `{*}` and `{plain}` stand for, in bytes; a user name has at most 255.
const MAX_GAP: usize = 96;
/// Longest name read where nothing marks its end, in bytes.
const MAX_NAME: usize = 85;

/// What a pattern says of the summary that fits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Edits of a user whose name is hidden are undone.
    Hidden,
    /// The latest edits of a user are undone.
    Rollback,
    /// One revision is undone.
    Undo,
    /// All that came after one revision is undone.
    To,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Rev,
    User,
    To,
    Number,
    Plain,
    Gap,
}

#[derive(Debug)]
struct Pattern {
    kind: Kind,
    languages: &'static str,
    pieces: Vec<Piece>,
    /// Bytes of fixed text; the longest pattern that fits is the one that was written.
    fixed: usize,
}

/// What stood at the places of a pattern.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Found<'a> {
    rev_id: Option<i64>,
    user: Option<&'a str>,
    to_user: Option<&'a str>,
}

struct Matcher {
    automaton: AhoCorasick,
    /// Pattern by pattern of the automaton: those that have it as their first piece.
    patterns: Vec<Vec<Pattern>>,
    groups: Vec<usize>,
}

static MATCHER: LazyLock<Option<Matcher>> = LazyLock::new(|| Matcher::new([OBSERVED, MESSAGES]));

/// What a summary, free of markup, says by one of the patterns. `language` decides between
/// patterns that fit equally well.
pub(super) fn fit(text: &str, language: &str) -> Option<RevertSummary> {
    MATCHER.as_ref()?.fit(text, language)
}

impl Matcher {
    fn new<const N: usize>(files: [&'static str; N]) -> Option<Self> {
        let mut groups: FxHashMap<String, usize> = FxHashMap::default();
        let mut patterns: Vec<Vec<Pattern>> = Vec::new();
        for pattern in files
            .iter()
            .flat_map(|file| file.lines())
            .filter_map(Pattern::parse)
        {
            let Some(first) = pattern.first_text() else {
                continue;
            };
            let group = *groups.entry(first.to_owned()).or_insert(patterns.len());
            if group == patterns.len() {
                patterns.push(Vec::new());
            }
            patterns[group].push(pattern);
        }
        // The order decides ties, and a map has none.
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
            .ok()?;
        Some(Self {
            automaton,
            patterns,
            groups,
        })
    }

    fn fit(&self, text: &str, language: &str) -> Option<RevertSummary> {
        let mut best: Option<((u8, bool, usize), Kind, Found<'_>)> = None;
        for hit in self.automaton.find_overlapping_iter(text) {
            for pattern in &self.patterns[self.groups[hit.pattern().as_usize()]] {
                let rank = (pattern.trust(), pattern.is_of(language), pattern.fixed);
                if best.as_ref().is_some_and(|(known, ..)| *known >= rank) {
                    continue;
                }
                if let Some(found) = pattern.fit(text, hit.start()) {
                    best = Some((rank, pattern.kind, found));
                }
            }
        }
        let (_, kind, found) = best?;
        let owned = |name: Option<&str>| name.map(str::to_owned);
        Some(match kind {
            Kind::Undo => RevertSummary::Undo {
                rev_id: found.rev_id?,
                user: owned(found.user),
            },
            Kind::To => RevertSummary::ToRevision {
                rev_id: found.rev_id?,
            },
            Kind::Rollback => RevertSummary::Rollback {
                user: Some(found.user?.to_owned()),
                to_user: owned(found.to_user),
            },
            Kind::Hidden => RevertSummary::Rollback {
                user: None,
                to_user: owned(found.to_user),
            },
        })
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

impl Pattern {
    /// A line of a file: kind, languages, pieces. `None` for what is none, so that a broken line
    /// costs itself only; a test reads every line.
    fn parse(line: &'static str) -> Option<Self> {
        let mut fields = line.split('\t');
        let kind = match fields.next()? {
            "undo" => Kind::Undo,
            "rollback" => Kind::Rollback,
            "hidden" => Kind::Hidden,
            "to" => Kind::To,
            _ => return None,
        };
        let languages = fields.next()?;
        let mut rest = fields.next()?;
        let mut pieces = Vec::new();
        let mut fixed = 0;
        while !rest.is_empty() {
            let at = rest.find('{').unwrap_or(rest.len());
            if at > 0 {
                pieces.push(Piece::Text(rest[..at].to_owned()));
                fixed += at;
                rest = &rest[at..];
                continue;
            }
            let (place, after) = rest[1..].split_once('}')?;
            pieces.push(match place {
                "rev" => Piece::Rev,
                "user" => Piece::User,
                "to" => Piece::To,
                "num" => Piece::Number,
                "plain" => Piece::Plain,
                "*" => Piece::Gap,
                _ => return None,
            });
            rest = after;
        }
        Some(Self {
            kind,
            languages,
            pieces,
            fixed,
        })
    }

    /// Patterns that name a linked user or a revision come before those of hidden users, and these
    /// before the ones that take any text for a name.
    fn trust(&self) -> u8 {
        match self.kind {
            Kind::Hidden => 1,
            Kind::Rollback if self.pieces.contains(&Piece::Plain) => 0,
            _ => 2,
        }
    }

    fn is_of(&self, language: &str) -> bool {
        self.languages.split(',').any(|of| {
            of.strip_prefix(language)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }

    fn first_text(&self) -> Option<&str> {
        self.pieces.iter().take(2).find_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// What stands at the places, if the pattern fits where its first fixed piece was found.
    fn fit<'a>(&self, text: &'a str, at: usize) -> Option<Found<'a>> {
        let before = &text[..at];
        let start = match self.pieces.first()? {
            Piece::Text(first) => {
                // Inside a word it is another word, in scripts that have words.
                // A capital may begin one all the same: people type right before what is there.
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
        let mut found = Found::default();
        follow(&self.pieces, &text[start..], &mut found).then_some(found)
    }
}

/// Whether the pieces follow each other from the start of the text.
fn follow<'a>(pieces: &[Piece], text: &'a str, found: &mut Found<'a>) -> bool {
    let Some((piece, next)) = pieces.split_first() else {
        return true;
    };
    match piece {
        Piece::Text(fixed) => {
            strip_folded(text, fixed).is_some_and(|rest| follow(next, rest, found))
        }
        Piece::Rev => revision(text).is_some_and(|(rev_id, rest)| {
            found.rev_id = Some(rev_id);
            follow(next, rest, found)
        }),
        Piece::Number => {
            let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
            rest.len() < text.len() && follow(next, rest, found)
        }
        Piece::User => marked(text).is_some_and(|(name, rest)| {
            found.user = Some(name);
            follow(next, rest, found)
        }),
        Piece::To => match marked(text) {
            Some((name, rest)) => {
                found.to_user = Some(name);
                follow(next, rest, found)
            }
            None if next.is_empty() => {
                found.to_user = unmarked(text);
                true
            }
            None => between(next, text, found, |name, found| found.to_user = Some(name)),
        },
        Piece::Plain => between(next, text, found, |name, found| found.user = Some(name)),
        Piece::Gap => between(next, text, found, |_, _| {}),
    }
}

/// Tries the pieces after a text of any length that holds no marked user; the shortest wins.
fn between<'a>(
    next: &[Piece],
    text: &'a str,
    found: &mut Found<'a>,
    take: impl Fn(&'a str, &mut Found<'a>),
) -> bool {
    for (at, c) in text.char_indices() {
        if at > MAX_GAP {
            return false;
        }
        // Most ends are ruled out by their first character.
        if may_start(next, &text[at..]) && follow(next, &text[at..], found) {
            take(text[..at].trim(), found);
            return true;
        }
        if c == USER {
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

/// The rest of the text after a fixed piece, whatever the case of either.
fn strip_folded<'a>(text: &'a str, fixed: &str) -> Option<&'a str> {
    if let Some(rest) = text.strip_prefix(fixed) {
        return Some(rest);
    }
    let mut chars = text.chars();
    for expected in fixed.chars() {
        let met = chars.next()?;
        if met != expected && !met.to_lowercase().eq(expected.to_lowercase()) {
            return None;
        }
    }
    Some(chars.as_str())
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

/// A user between marks.
fn marked(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix(USER)?.split_once(END)
}

/// A name in plain text at the end of a pattern: what tools write after it is cut.
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
    fn every_line_of_the_files_is_a_pattern() {
        for (file, at_least) in [(MESSAGES, 900), (OBSERVED, 100)] {
            assert!(file.lines().count() >= at_least);
            for line in file.lines() {
                let pattern = Pattern::parse(line).unwrap_or_else(|| panic!("{line}"));
                assert!(pattern.first_text().is_some(), "{line}");
                let places = |place: &Piece| pattern.pieces.iter().filter(|p| *p == place).count();
                let names_revision = usize::from(matches!(pattern.kind, Kind::Undo | Kind::To));
                assert_eq!(places(&Piece::Rev), names_revision, "{line}");
                let users = places(&Piece::User) + places(&Piece::Plain);
                assert!(users <= 1 && places(&Piece::To) <= 1, "{line}");
                assert!(pattern.kind != Kind::Rollback || users == 1, "{line}");
                assert!(pattern.fixed >= 4, "{line}");
            }
        }
    }

    #[test]
    fn plain_names_end_where_a_tool_goes_on() {
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
