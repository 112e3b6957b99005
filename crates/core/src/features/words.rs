//! Words that say what an edit is about, in the languages of the biggest wikis, and small sets of
//! words. The lists are part of the features' version: they are written by hand, not learnt.

use super::scan::Word;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

mod lists;

/// What a word hints at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Class {
    // In summaries and names.
    Vulgar,
    Chat,
    Typo,
    Source,
    Format,
    Revert,
    Remove,
    Add,
    Update,
    Reason,
    Tool,
    // In the names of sections.
    Apparatus,
    Life,
    Past,
    Story,
    Famous,
    // In titles.
    School,
    Screen,
    Music,
    Place,
    Sport,
    Person,
    War,
    Game,
    Nature,
    List,
}

/// The classes of a word, one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Classes(u32);

impl Classes {
    /// Most words have no class, which saves asking for each.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub const fn has(self, class: Class) -> bool {
        self.0 & (1 << class as u32) != 0
    }
}

/// Whole words and stems by hash. Two lists may share a word; it then has both classes.
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
            // `rever*` stands for every word that begins so; stems are all of one length.
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
    /// What the word, or its stem, hints at.
    pub fn classes(&self) -> Classes {
        let index = &*INDEX;
        let word = index.words.get(&self.hash).copied().unwrap_or(0);
        let stem = self.stem.and_then(|stem| index.stems.get(&stem).copied());
        Classes(word | stem.unwrap_or(0))
    }
}

/// The first words of a text, to ask whether another text shares them.
#[derive(Debug, Default)]
pub(super) struct WordSet {
    hashes: [u32; 12],
    len: usize,
}

impl WordSet {
    /// Takes in a whole word of at least [`super::scan::STEM`] characters; shorter ones are mostly
    /// articles and prepositions. Words beyond the set's room are left out.
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
    fn words_are_known_in_any_case_and_stems_in_any_form() {
        for (text, class) in [
            ("TYPO", Class::Typo),
            ("reverting", Class::Revert),
            ("Rückgängig", Class::Revert),
            ("откат", Class::Revert),
            ("回退到", Class::Revert),
            ("Fuck", Class::Vulgar),
            ("Bibliografie", Class::Apparatus),
            ("Schools", Class::School),
        ] {
            assert!(Classes(classes(text)).has(class), "{text} is no {class:?}");
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
                // A stem alone is a word of its own length, so both kinds can be looked up so.
                let text = entry.trim_end_matches('*');
                assert!(Classes(classes(text)).has(*class), "{class:?}: {entry}");
            }
        }
    }
}
