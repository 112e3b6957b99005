//! What an edit summary says about the edits it undoes: which revision, whose edits, or only that
//! it reverts. Whether that fits the history of the page is checked by the join.

mod case;
mod fit;
mod heading;
mod pattern;
mod phrases;
mod plain;

pub(super) use heading::follows_a_page;

use fit::Places;
use heading::without_heading;
use pattern::PatternKind;
use phrases::says_revert;
use plain::{END, USER};

/// What the summary of a reverting edit says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevertSummary {
    /// Undoes one revision, which it names.
    Undo {
        rev_id: i64,
        /// The author of the revision, if the summary links to a user.
        user: Option<String>,
    },
    /// Undoes the latest uninterrupted edits of one user on the page.
    Rollback {
        /// `None` if the name is hidden.
        user: Option<String>,
        /// The author of the restored revision, if the summary names one.
        to_user: Option<String>,
    },
    /// Undoes everything after one revision, which it names.
    ToRevision { rev_id: i64 },
    /// Says that the edit reverts, but not what, or not to the end.
    Manual,
}

impl RevertSummary {
    /// Reads a summary; `None` if it is not that of a revert. All languages are tried, as many
    /// editors use tools in English; the wiki (`dewiki`) decides between patterns that fit equally
    /// well.
    pub fn read(wiki: &str, comment: &str) -> Option<Self> {
        let comment = without_heading(comment)?;
        if !plain::has_places(comment) && !says_revert(comment) {
            return None;
        }
        let text = plain::plain(comment);
        let fitted = fit::fit(&text, language(wiki));
        if let Some(found) = fitted.and_then(|(kind, places)| Self::of_places(kind, places)) {
            return Some(found);
        }
        if !says_revert(comment) {
            return None;
        }
        let is_said = says_revert(plain::before_user(comment));
        let named = if is_said { users_edits(&text) } else { None };
        Some(named.unwrap_or(Self::Manual))
    }

    /// Whether it names what it undoes. A summary that does not may also be about a revert.
    pub fn names_something(&self) -> bool {
        !matches!(self, Self::Manual)
    }

    fn of_places(kind: PatternKind, places: Places<'_>) -> Option<Self> {
        let owned = |name: Option<&str>| name.map(str::to_owned);
        Some(match kind {
            PatternKind::Undo => Self::Undo {
                rev_id: places.rev_id?,
                user: owned(places.user),
            },
            PatternKind::To => Self::ToRevision {
                rev_id: places.rev_id?,
            },
            PatternKind::Rollback => Self::Rollback {
                user: Some(places.user?.to_owned()),
                to_user: owned(places.to_user),
            },
            PatternKind::First => Self::Manual,
            PatternKind::Hidden => Self::Rollback {
                user: None,
                to_user: owned(places.to_user),
            },
        })
    }
}

/// A summary that fits no pattern, but has a word of reverting before its link to one user, is about
/// that user's edits, unless it names a revision or mentions the user's version.
fn users_edits(text: &str) -> Option<RevertSummary> {
    /// Words for a version in languages where they come right before its author.
    const VERSION: [&str; 8] = [
        "version", "versión", "versão", "versi", "revis", "верс", "rév", "nasl",
    ];
    let (before, rest) = text.split_once(USER)?;
    let (name, after) = rest.split_once(END)?;
    let mut digits = 0;
    let long_number = before.chars().chain(after.chars()).any(|c| {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        digits >= 5
    });
    let near = before
        .char_indices()
        .rev()
        .take(24)
        .last()
        .map_or(0, |(at, _)| at);
    let near = before[near..].to_lowercase();
    let is_restored = VERSION.iter().any(|word| near.contains(word));
    (!long_number && !is_restored && !after.contains(USER)).then(|| RevertSummary::Rollback {
        user: Some(name.to_owned()),
        to_user: None,
    })
}

/// The language of a wiki, from its database name: `dewiki` and `dewiktionary` are German.
fn language(wiki: &str) -> &str {
    const PROJECTS: [&str; 9] = [
        "wiki",
        "wiktionary",
        "wikibooks",
        "wikinews",
        "wikiquote",
        "wikisource",
        "wikiversity",
        "wikivoyage",
        "wikimedia",
    ];
    let code = PROJECTS
        .iter()
        .find_map(|project| wiki.strip_suffix(project))
        .unwrap_or(wiki);
    match code {
        "no" => "nb",
        "simple" | "commons" | "wikidata" | "meta" | "species" | "mediawiki" => "en",
        "be_x_old" => "be",
        "zh_yue" => "yue",
        "zh_classical" => "lzh",
        "zh_min_nan" => "nan",
        "fiu_vro" => "vro",
        "als" => "gsw",
        other => other,
    }
}

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod tests;
