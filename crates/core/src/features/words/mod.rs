//! Words that say what an edit is about, in the languages of the biggest wikis, and small sets of
//! words. The lists are written by hand; a change of one raises the version of the features.

use super::scan::Word;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

mod class;
mod lists;

pub(super) use class::{WordClass, WordClasses};

/// Classes by the hash of a whole word or a stem. A word on two lists has both classes.
struct Index {
    words: FxHashMap<u32, u32>,
    stems: FxHashMap<u32, u32>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index {
        words: FxHashMap::default(),
        stems: FxHashMap::default(),
    };
    for (class, words) in lists::LISTS {
        for entry in words.split_ascii_whitespace() {
            // `rever*` stands for every word with this prefix; all stems have the same length.
            let (text, map) = match entry.strip_suffix('*') {
                Some(stem) => (stem, &mut index.stems),
                None => (entry, &mut index.words),
            };
            let hash = text
                .chars()
                .fold(super::hash::Fnv::new(), super::hash::Fnv::char);
            *map.entry(hash.value()).or_default() |= 1 << *class as u32;
        }
    }
    index
});

impl Word {
    /// The classes of the word and of its stem.
    pub fn classes(&self) -> WordClasses {
        let index = &*INDEX;
        let word = index.words.get(&self.hash).copied().unwrap_or(0);
        let stem = self.stem.and_then(|stem| index.stems.get(&stem).copied());
        WordClasses(word | stem.unwrap_or(0))
    }
}

/// The first 12 words of a text, to test whether another text shares them.
#[derive(Debug, Default)]
pub(super) struct WordSet {
    hashes: [u32; 12],
    len: usize,
}

impl WordSet {
    /// Adds a whole word of at least [`super::scan::STEM`] characters; shorter ones are mostly
    /// articles and prepositions. Words after the twelfth are left out.
    pub fn insert(&mut self, word: &Word) {
        if word.stem.is_some() && self.len < self.hashes.len() && !self.contains(word) {
            self.hashes[self.len] = word.hash;
            self.len += 1;
        }
    }

    pub fn contains(&self, word: &Word) -> bool {
        self.hashes[..self.len].contains(&word.hash)
    }

    pub fn len(&self) -> u32 {
        self.len as u32
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan::{STEM, scan};
    use super::*;

    fn classes(text: &str) -> u32 {
        let mut all = 0;
        scan(text, |word| all |= word.classes().0);
        all
    }

    #[test]
    fn words_are_found_in_any_case_and_stems_in_any_form() {
        for (text, class) in [
            ("TYPO", WordClass::Typo),
            ("reverting", WordClass::Revert),
            ("Rückgängig", WordClass::Revert),
            ("откат", WordClass::Revert),
            ("回退到", WordClass::Revert),
            ("Fuck", WordClass::Vulgar),
            ("Bibliografie", WordClass::Apparatus),
            ("Schools", WordClass::School),
        ] {
            assert!(
                WordClasses(classes(text)).has(class),
                "{text} is no {class:?}"
            );
        }
        assert_eq!(classes("zzzzzzz"), 0);
    }

    #[test]
    fn every_listed_stem_has_the_length_of_a_stem_and_no_hash_is_shared() {
        let mut seen = std::collections::HashMap::new();
        for (class, words) in lists::LISTS {
            for entry in words.split_ascii_whitespace() {
                let text = entry.strip_suffix('*');
                if let Some(stem) = text {
                    assert_eq!(stem.chars().count(), STEM as usize, "{class:?}: {stem}");
                }
                let text = text.unwrap_or(entry).to_lowercase();
                let mut hash = super::super::hash::Fnv::new();
                text.chars().for_each(|c| hash = hash.char(c));
                let first = seen.entry(hash.value()).or_insert_with(|| text.clone());
                assert_eq!(*first, text, "two words with one hash");
            }
        }
    }

    #[test]
    fn every_listed_word_can_be_found_by_the_scanner() {
        for (class, words) in lists::LISTS {
            for entry in words.split_ascii_whitespace() {
                // A stem is also a word of its own, so both kinds are found this way.
                let text = entry.trim_end_matches('*');
                assert!(WordClasses(classes(text)).has(*class), "{class:?}: {entry}");
            }
        }
    }
}
