//! Patterns of names: those of the shell, which a plain name fits, too.

use std::fmt;
use std::str::FromStr;

/// Bytes of a pattern, at most: as many as a title may have, and some for its wildcards.
const MAX_BYTES: usize = 300;

/// A pattern: `*` stands for any text, `?` for one character, `[ab]` for one of several. Upper and
/// lower case differ, as in names of pages; `_` stands for a space, as in addresses of pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    given: String,
    spaced: glob::Pattern,
}

/// What is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPattern {
    #[error("it is empty; give a name or a pattern such as `de*`")]
    Empty,
    #[error("it has {0} bytes, and at most {MAX_BYTES} are allowed")]
    TooLong(usize),
    #[error("`{0}` has a `[` that no `]` closes; `[[]` stands for the character")]
    Malformed(String),
}

impl FromStr for Pattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        if text.is_empty() {
            return Err(NotAPattern::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(NotAPattern::TooLong(text.len()));
        }
        let mut last = ' ';
        let mut spaced = text.replace('_', " ");
        // Of several in a row the library makes something else.
        spaced.retain(|c| std::mem::replace(&mut last, c) != '*' || c != '*');
        let spaced = glob::Pattern::new(&spaced);
        Ok(Self {
            given: text.to_owned(),
            spaced: spaced.map_err(|_| NotAPattern::Malformed(text.to_owned()))?,
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.given)
    }
}

impl Pattern {
    /// Whether the whole name fits.
    pub fn fits(&self, name: &str) -> bool {
        match name.contains('_') {
            // Names of wikis have them.
            true => self.spaced.matches(&name.replace('_', " ")),
            false => self.spaced.matches(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fits(pattern: &str, name: &str) -> bool {
        pattern.parse::<Pattern>().expect(pattern).fits(name)
    }

    #[test]
    fn wildcards_stand_for_what_they_do_in_a_shell() {
        for (pattern, name) in [
            ("enwiki", "enwiki"),
            ("*wiki", "dewiki"),
            ("*", ""),
            ("***", ""),
            ("a**", "a/b"),
            ("**/b", "ab/b"),
            ("de*", "dewiktionary"),
            ("??wiki", "frwiki"),
            ("[df]?wiki", "frwiki"),
            ("Talk:*", "Talk:Rust (programming language)"),
            ("Main_Page", "Main Page"),
            ("zh_yue*", "zh_yuewiki"),
            ("2001:db8:*", "2001:db8::1"),
            ("AC/DC*", "AC/DC/Album"),
            ("Who?", "Who?"),
            ("日?", "日本"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("enwiki", "enwikibooks"),
            ("wiki", "enwiki"),
            ("??wiki", "simplewiki"),
            ("enwiki", "ENwiki"),
            ("?", ""),
        ] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "[a", "[]", &"x".repeat(301)] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_name_fits_itself_and_what_it_begins_and_ends(
            name in r"[^*?\[\]]{1,60}", end in ".{0,20}"
        ) {
            let begins = (format!("{name}*"), format!("{name}{end}"));
            let ends = (format!("*{name}"), format!("{end}{name}"));
            for (pattern, all) in [begins, ends, (name.clone(), name.clone())] {
                prop_assert!(fits(&pattern, &all), "{} {}", pattern, all);
            }
            let longer = format!("{name}x");
            prop_assert!(!fits(&name, &longer));
        }

        #[test]
        fn any_text_is_a_pattern_or_refused_and_is_written_as_it_was(text in r"[a-c*?\[\]_ !-]{0,12}") {
            if let Ok(pattern) = text.parse::<Pattern>() {
                prop_assert_eq!(pattern.to_string(), text);
                pattern.fits("abcabcabcabc aabb");
            }
        }
    }
}
