//! The edits of the window: found by revision or by page, forgotten in the order they came. An edit
//! takes 40 bytes and 5 to 10 for each index, so ten million take about 550 MB.

use super::kept_edit::{KeptEdit, Key, PageKey, page_hash};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxBuildHasher;
use std::collections::VecDeque;
use std::hash::BuildHasher;

/// Edits in one allocation; allocations are never moved, so growing copies nothing.
const CHUNK: usize = 1 << 14;

/// The edits in the order they came, with an index by key and one by page.
#[derive(Debug, Default)]
pub(super) struct EditTable {
    chunks: VecDeque<Vec<KeptEdit>>,
    /// Number of the first edit of the first chunk; numbers wrap at 2^32.
    base: u32,
    /// How many edits of the first chunk are forgotten already.
    gone: usize,
    len: usize,
    index: HashTable<u32>,
    /// By page, the number of the edit with its highest revision; the others follow from there.
    pages: HashTable<u32>,
}

/// Edits of a page that are passed by to find the place of one that comes late.
const MAX_LATE: usize = 64;

fn hash(key: Key) -> u64 {
    FxBuildHasher.hash_one(key)
}

fn at(chunks: &VecDeque<Vec<KeptEdit>>, base: u32, number: u32) -> KeptEdit {
    let offset = number.wrapping_sub(base) as usize;
    chunks[offset / CHUNK][offset % CHUNK]
}

impl EditTable {
    pub const fn len(&self) -> usize {
        self.len
    }

    pub fn get(&self, key: Key) -> Option<KeptEdit> {
        let number = self.index.find(hash(key), |number| {
            at(&self.chunks, self.base, *number).key == key
        })?;
        Some(at(&self.chunks, self.base, *number))
    }

    /// The edit of a page with the highest revision below that of `key`, on the same wiki.
    pub fn below(&self, key: Key, page: PageKey) -> Option<KeptEdit> {
        let number = self.pages.find(page_hash(key, page), |number| {
            at(&self.chunks, self.base, *number).is_of(key, page)
        });
        let mut edit = at(&self.chunks, self.base, *number?);
        while edit.key >= key {
            edit = self.next_below(&edit)?;
        }
        Some(edit)
    }

    /// The edit with the next lower revision of the page.
    fn next_below(&self, edit: &KeptEdit) -> Option<KeptEdit> {
        let first = self.base.wrapping_add(self.gone as u32);
        let is_there = (edit.below.wrapping_sub(first) as usize) < self.len;
        let below = is_there.then(|| at(&self.chunks, self.base, edit.below))?;
        (below.key < edit.key).then_some(below)
    }

    /// Adds an edit that is not there yet.
    pub fn push(&mut self, mut edit: KeptEdit) {
        if self.chunks.back().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push_back(Vec::with_capacity(CHUNK));
        }
        let number = self.base.wrapping_add((self.gone + self.len) as u32);
        edit.below = self.link(&edit, number);
        let last = self.chunks.back_mut();
        last.expect("a chunk was added if there was none with room")
            .push(edit);
        self.len += 1;
        let (chunks, base) = (&self.chunks, self.base);
        self.index.insert_unique(hash(edit.key), number, |number| {
            hash(at(chunks, base, *number).key)
        });
    }

    /// Puts an edit that gets this number among those of its page. Returns what is below it.
    fn link(&mut self, edit: &KeptEdit, number: u32) -> u32 {
        let (chunks, base) = (&self.chunks, self.base);
        let of_page = |number: &u32| at(chunks, base, *number).is_of(edit.key, edit.page);
        let hash_of = |number: &u32| at(chunks, base, *number).page_hash();
        let highest = match self.pages.entry(edit.page_hash(), of_page, hash_of) {
            Entry::Vacant(vacant) => {
                vacant.insert(number);
                return number;
            }
            Entry::Occupied(mut occupied) => {
                let highest = *occupied.get();
                if at(chunks, base, highest).key < edit.key {
                    *occupied.get_mut() = number;
                    return highest;
                }
                highest
            }
        };
        // It comes late. Beyond the limit nothing leads to it, and it leads to nothing.
        let mut above = highest;
        for _ in 0..MAX_LATE {
            let this = at(&self.chunks, self.base, above);
            match self.next_below(&this) {
                Some(next) if next.key > edit.key => above = this.below,
                next => {
                    let offset = above.wrapping_sub(self.base) as usize;
                    self.chunks[offset / CHUNK][offset % CHUNK].below = number;
                    return next.map_or(number, |_| this.below);
                }
            }
        }
        number
    }

    pub fn first(&self) -> Option<KeptEdit> {
        (self.len > 0).then(|| self.chunks.front().map(|chunk| chunk[self.gone]))?
    }

    /// Forgets the oldest edit.
    pub fn pop(&mut self) -> Option<KeptEdit> {
        let edit = self.first()?;
        let is_it = |number: &u32| at(&self.chunks, self.base, *number).key == edit.key;
        let found = self.index.find_entry(hash(edit.key), is_it);
        found.expect("every edit is in the index").remove();
        if let Ok(highest) = self.pages.find_entry(edit.page_hash(), is_it) {
            highest.remove();
        }
        self.gone += 1;
        self.len -= 1;
        if self.gone == CHUNK {
            self.chunks.pop_front();
            self.gone = 0;
            self.base = self.base.wrapping_add(CHUNK as u32);
        }
        Some(edit)
    }

    /// Bytes of memory held.
    pub fn bytes(&self) -> usize {
        self.chunks.len() * CHUNK * size_of::<KeptEdit>()
            + self.index.allocation_size()
            + self.pages.allocation_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::join::kept_edit::{REV_BITS, rev_of};
    use proptest::prelude::*;

    fn page(title: &str) -> PageKey {
        PageKey::of(None, title)
    }

    #[test]
    fn edits_are_found_by_key_and_forgotten_in_order() {
        let mut table = EditTable::default();
        let edit = |n: u64| KeptEdit::new(n * 7 + 1, n, n as i64, page("P"));
        let is = |found: Option<KeptEdit>, n| {
            found.is_some_and(|mut found| {
                found.below = 0;
                found == edit(n)
            })
        };
        let many = 3 * CHUNK as u64 + 17;
        for n in 0..many {
            table.push(edit(n));
        }
        for n in 0..many - 10 {
            assert!(is(table.get(n * 7 + 1), n) && is(table.pop(), n));
            assert_eq!(table.get(n * 7 + 1), None);
        }
        assert_eq!(table.len(), 10);
        assert!(is(table.first(), many - 10));
        assert_eq!(edit(9).parent(), 9);
        assert!(table.bytes() >= CHUNK * 40);
    }

    proptest! {
        #[test]
        fn the_edit_below_is_the_next_lower_of_the_page(
            order in Just((1..40_u64).collect::<Vec<_>>()).prop_shuffle(),
            pages in prop::collection::vec(0..3_usize, 40),
            wanted in 0..41_u64,
            forgotten in 0..39_usize,
        ) {
            const TITLES: [&str; 3] = ["A", "B", "C"];
            let mut table = EditTable::default();
            let key = |rev: u64| (5 << REV_BITS) | rev;
            for rev in &order {
                table.push(KeptEdit::new(key(*rev), 0, 0, page(TITLES[pages[*rev as usize]])));
            }
            for (of_page, title) in TITLES.iter().enumerate() {
                let found = table.below(key(wanted), page(title)).map(|edit| rev_of(edit.key));
                let revs = order.iter().copied();
                let expected = revs.filter(|rev| *rev < wanted && pages[*rev as usize] == of_page).max();
                prop_assert_eq!(found, expected);
                prop_assert_eq!(table.below((1 << REV_BITS) | wanted, page(title)), None);
            }
            // What was forgotten is never found; what is left may then be out of reach.
            for _ in 0..forgotten {
                table.pop();
            }
            for (of_page, title) in TITLES.iter().enumerate() {
                if let Some(found) = table.below(key(wanted), page(title)) {
                    let rev = rev_of(found.key);
                    prop_assert!(rev < wanted && pages[rev as usize] == of_page);
                    prop_assert!(order[forgotten..].contains(&rev));
                }
            }
        }
    }
}
