//! The wikis that a labeler has met, numbered in the order of their first event.

use rustc_hash::FxHashMap;

/// Names of wikis and their numbers, at most 2^16.
#[derive(Debug, Default)]
pub(super) struct Wikis {
    names: Vec<String>,
    numbers: FxHashMap<String, u16>,
}

impl Wikis {
    /// The number of a wiki, which is added if it is new; `None` if all numbers are taken.
    pub fn number(&mut self, wiki: &str) -> Option<u16> {
        if let Some(number) = self.numbers.get(wiki) {
            return Some(*number);
        }
        let number = u16::try_from(self.names.len()).ok()?;
        self.names.push(wiki.to_owned());
        self.numbers.insert(wiki.to_owned(), number);
        Some(number)
    }

    /// All names, in the order of their numbers.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wikis_are_numbered_in_order_until_all_numbers_are_taken() {
        let mut wikis = Wikis::default();
        for number in 0..=u16::MAX {
            assert_eq!(wikis.number(&format!("w{number}")), Some(number));
        }
        assert_eq!(wikis.number("w7"), Some(7));
        assert_eq!(wikis.number("one more"), None);
        assert_eq!(wikis.names().len(), 1 << 16);
    }
}
