//! What an edit summary says about the edits it undoes: which revision, whose edits, or only that
//! it reverts. It reads words; whether they are true is for the join.

mod pattern;
mod phrases;
mod plain;

pub use phrases::is_revert_summary;

use plain::{END, USER};

/// A summary that says that its edit undoes others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevertSummary {
    /// Undoes one revision, which it names.
    Undo {
        /// The revision undone.
        rev_id: i64,
        /// Its author, where the summary links to the user.
        user: Option<String>,
    },
    /// Undoes the latest uninterrupted edits of one user on the page.
    Rollback {
        /// Whose edits; `None` if the name is hidden.
        user: Option<String>,
        /// Whose revision is restored, where the summary says so.
        to_user: Option<String>,
    },
    /// Undoes all that came after one revision, which it names.
    ToRevision {
        /// The revision restored.
        rev_id: i64,
    },
    /// Says that it reverts, but not what.
    Manual,
}

impl RevertSummary {
    /// Reads a summary. The wiki (`dewiki`) decides between patterns of several languages; all
    /// of them are tried, as many editors use tools in English. Never panics.
    pub fn read(wiki: &str, comment: &str) -> Option<Self> {
        if !plain::has_places(comment) && !is_revert_summary(comment) {
            return None;
        }
        let text = plain::plain(comment);
        if let Some(found) = pattern::fit(&text, language(wiki)) {
            return Some(found);
        }
        if !is_revert_summary(comment) {
            return None;
        }
        Some(users_edits(&text).unwrap_or(Self::Manual))
    }
}

/// A summary in none of the known patterns that has a word of reverting and links to one user is
/// about that user's edits, unless it names a revision or speaks of the user's version.
fn users_edits(text: &str) -> Option<RevertSummary> {
    /// Words for a version, in the languages where they stand right before its author.
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
    (is_revert_summary(before) && !long_number && !is_restored && !after.contains(USER)).then(
        || RevertSummary::Rollback {
            user: Some(name.to_owned()),
            to_user: None,
        },
    )
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
mod tests;
