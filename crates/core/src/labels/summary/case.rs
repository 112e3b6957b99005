//! Upper and lower case of all scripts; the automaton folds that of ASCII only.

/// A phrase with its first letter in upper case.
pub(super) fn capitalised(phrase: &str) -> String {
    let mut chars = phrase.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

/// The text after `fixed`, which is compared without regard to case.
pub(super) fn strip_folded<'a>(text: &'a str, fixed: &str) -> Option<&'a str> {
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
