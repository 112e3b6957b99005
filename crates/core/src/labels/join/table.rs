//! The edits of the window: found by revision, forgotten in the order they came. 32 bytes an edit
//! and 5 to 10 for the index, so that ten million fit beside everything else.

use hashbrown::HashTable;
use std::collections::VecDeque;

/// A revision of a wiki: the wiki's number in the upper 16 bits, the revision in the lower 48.
pub(super) type Key = u64;
/// Bits of a revision id.
pub(super) const REV_BITS: u32 = 48;
/// The largest revision id that is kept.
pub(super) const MAX_REV: u64 = (1 << REV_BITS) - 1;

/// Edits in one piece of memory; pieces are never moved.
const CHUNK: usize = 1 << 14;

/// The revision of a key.
pub(super) const fn rev_of(key: Key) -> u64 {
    key & MAX_REV
}

/// Another revision of the same wiki.
pub(super) const fn sibling(key: Key, rev: u64) -> Key {
    (key & !MAX_REV) | rev
}

/// What is kept of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub key: Key,
    /// The revision before it on the page in the lower 48 bits, 0 if there is none; the user's type in the
    /// upper ones.
    packed: u64,
    pub time_ms: i64,
    /// Fingerprints of the page's title and the user's name; 0 for a hidden name.
    pub page: u32,
    pub user: u32,
}

impl Entry {
    pub fn new(key: Key, parent: u64, user_type: u8, time_ms: i64, page: u32, user: u32) -> Self {
        Self {
            key,
            packed: (u64::from(user_type) << REV_BITS) | (parent & MAX_REV),
            time_ms,
            page,
            user,
        }
    }

    pub const fn parent(&self) -> u64 {
        self.packed & MAX_REV
    }

    pub const fn user_type(&self) -> u8 {
        (self.packed >> REV_BITS) as u8
    }
}

/// The edits, oldest first.
#[derive(Debug, Default)]
pub(super) struct Table {
    chunks: VecDeque<Vec<Entry>>,
    /// Number of the first edit of the first chunk; numbers wrap.
    base: u32,
    /// Edits already forgotten in the first chunk.
    gone: usize,
    len: usize,
    index: HashTable<u32>,
}

/// The finaliser of MurmurHash3: all bits of a key reach all bits of its hash.
fn hash(key: Key) -> u64 {
    let mut h = key;
    h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

fn at(chunks: &VecDeque<Vec<Entry>>, base: u32, number: u32) -> Entry {
    let offset = number.wrapping_sub(base) as usize;
    chunks[offset / CHUNK][offset % CHUNK]
}

impl Table {
    pub const fn len(&self) -> usize {
        self.len
    }

    pub fn get(&self, key: Key) -> Option<Entry> {
        let number = self.index.find(hash(key), |number| {
            at(&self.chunks, self.base, *number).key == key
        })?;
        Some(at(&self.chunks, self.base, *number))
    }

    /// Adds an edit that is not there yet.
    pub fn push(&mut self, entry: Entry) {
        if self.chunks.back().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push_back(Vec::with_capacity(CHUNK));
        }
        let number = self.base.wrapping_add((self.gone + self.len) as u32);
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.push(entry);
        }
        self.len += 1;
        let (chunks, base) = (&self.chunks, self.base);
        self.index.insert_unique(hash(entry.key), number, |number| {
            hash(at(chunks, base, *number).key)
        });
    }

    pub fn first(&self) -> Option<Entry> {
        (self.len > 0).then(|| self.chunks.front().map(|chunk| chunk[self.gone]))?
    }

    /// Forgets the oldest edit.
    pub fn pop(&mut self) -> Option<Entry> {
        let entry = self.first()?;
        let found = self.index.find_entry(hash(entry.key), |number| {
            at(&self.chunks, self.base, *number).key == entry.key
        });
        if let Ok(found) = found {
            found.remove();
        }
        self.gone += 1;
        self.len -= 1;
        if self.gone == CHUNK {
            self.chunks.pop_front();
            self.gone = 0;
            self.base = self.base.wrapping_add(CHUNK as u32);
        }
        Some(entry)
    }

    /// Every edit, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.chunks.iter().flatten().skip(self.gone)
    }

    /// Bytes of memory held.
    pub fn bytes(&self) -> usize {
        self.chunks.len() * CHUNK * size_of::<Entry>() + self.index.allocation_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_in_it_and_forgets_in_order() {
        let mut table = Table::default();
        let entry = |n: u64| Entry::new(n * 7 + 1, n, 2, n as i64, 5, 6);
        let many = 3 * CHUNK as u64 + 17;
        for n in 0..many {
            table.push(entry(n));
        }
        for n in 0..many - 10 {
            assert_eq!(table.get(n * 7 + 1), Some(entry(n)));
            assert_eq!(table.pop(), Some(entry(n)));
            assert_eq!(table.get(n * 7 + 1), None);
        }
        assert_eq!((table.len(), table.iter().count()), (10, 10));
        assert_eq!(table.first(), Some(entry(many - 10)));
        assert_eq!((entry(9).parent(), entry(9).user_type()), (9, 2));
        assert!(table.bytes() >= CHUNK * 32);
    }

    #[test]
    fn keys_keep_the_wiki() {
        let key = (3 << REV_BITS) | 17;
        assert_eq!((rev_of(key), sibling(key, 5)), (17, (3 << REV_BITS) | 5));
    }
}
