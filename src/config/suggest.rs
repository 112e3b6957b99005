//! Finds the setting that somebody meant.

use super::schema::{Kind, Schema};

/// Below this likeness, from 0 to 1, a suggestion would puzzle more than help.
const LIKE_ENOUGH: f64 = 0.6;

/// The known key most like an unknown one, if any is like it at all.
pub(super) fn nearest(schema: &Schema, key: &str) -> Option<String> {
    let keys = schema
        .nodes
        .iter()
        .filter(|node| node.kind != Kind::Map)
        .map(|node| &node.key);
    keys.map(|known| (likeness(key, known), known))
        .filter(|(likeness, _)| *likeness >= LIKE_ENOUGH)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known.clone())
}

/// Whole keys are compared; the last part weighs in, for a setting put into the wrong section. A
/// dot mistaken for an underscore (`WIKISENTRY_SOURCE_URL`) does not count.
fn likeness(key: &str, known: &str) -> f64 {
    let plain = |key: &str| key.to_lowercase().replace(['.', '-'], "_");
    let name = |key: &str| plain(key.rsplit('.').next().unwrap_or(key));
    let whole = strsim::normalized_damerau_levenshtein(&plain(key), &plain(known));
    let last = strsim::normalized_damerau_levenshtein(&name(key), &name(known));
    // Slightly less than the same key misspelt in its own section.
    whole.max(0.75 * last + 0.2 * whole)
}
