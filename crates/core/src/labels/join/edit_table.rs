//! The edits of the window: found by revision, forgotten in the order they came. An edit takes 32
//! bytes and 5 to 10 for the index, so ten million take about 400 MB.

use crate::user::UserType;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::collections::VecDeque;
use std::hash::BuildHasher;
use xxhash_rust::xxh3::xxh3_64;

/// A revision of a wiki: the wiki's number in the upper 16 bits, the revision in the lower 48.
pub(super) type Key = u64;
/// Bits of a key that hold the revision id.
pub(super) const REV_BITS: u32 = 48;
/// The largest revision id that is kept.
pub(super) const MAX_REV: u64 = (1 << REV_BITS) - 1;

/// Edits in one allocation; allocations are never moved, so growing copies nothing.
const CHUNK: usize = 1 << 14;

/// The revision id of a key.
pub(super) const fn rev_of(key: Key) -> u64 {
    key & MAX_REV
}

/// Another revision of the same wiki.
pub(super) const fn sibling(key: Key, rev: u64) -> Key {
    (key & !MAX_REV) | rev
}

/// The revision that an id names; `None` for ids that cannot be kept.
pub(super) fn usable(rev_id: i64) -> Option<u64> {
    u64::try_from(rev_id)
        .ok()
        .filter(|rev| (1..=MAX_REV).contains(rev))
}

/// 32 bits of a hash of a title or user name; never 0, which stands for a hidden name.
pub(super) fn fingerprint(text: &str) -> u32 {
    (xxh3_64(text.as_bytes()) as u32).max(1)
}

/// What is remembered of an edit, in 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeptEdit {
    pub key: Key,
    /// The revision before it on the page in the lower 48 bits, 0 if there is none; the number of the
    /// user's type in the upper 16.
    packed: u64,
    pub time_ms: i64,
    /// Fingerprint of the page's title.
    pub page: u32,
    /// Fingerprint of the user's name; 0 if it is hidden.
    pub user: u32,
}

impl KeptEdit {
    pub fn new(
        key: Key,
        parent: u64,
        user_type: UserType,
        time_ms: i64,
        page: u32,
        user: u32,
    ) -> Self {
        Self {
            key,
            packed: ((user_type as u64) << REV_BITS) | (parent & MAX_REV),
            time_ms,
            page,
            user,
        }
    }

    pub const fn parent(&self) -> u64 {
        self.packed & MAX_REV
    }

    pub fn user_type(&self) -> UserType {
        let number = self.packed >> REV_BITS;
        let mut all = UserType::ALL.into_iter();
        all.find(|one| *one as u64 == number)
            .expect("it was put there")
    }
}

/// The edits in the order they came, with an index by key.
#[derive(Debug, Default)]
pub(super) struct EditTable {
    chunks: VecDeque<Vec<KeptEdit>>,
    /// Number of the first edit of the first chunk; numbers wrap at 2^32.
    base: u32,
    /// How many edits of the first chunk are forgotten already.
    gone: usize,
    len: usize,
    index: HashTable<u32>,
}

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

    /// Adds an edit that is not there yet.
    pub fn push(&mut self, edit: KeptEdit) {
        if self.chunks.back().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push_back(Vec::with_capacity(CHUNK));
        }
        let number = self.base.wrapping_add((self.gone + self.len) as u32);
        let last = self.chunks.back_mut();
        last.expect("a chunk was added if there was none with room")
            .push(edit);
        self.len += 1;
        let (chunks, base) = (&self.chunks, self.base);
        self.index.insert_unique(hash(edit.key), number, |number| {
            hash(at(chunks, base, *number).key)
        });
    }

    pub fn first(&self) -> Option<KeptEdit> {
        (self.len > 0).then(|| self.chunks.front().map(|chunk| chunk[self.gone]))?
    }

    /// Forgets the oldest edit.
    pub fn pop(&mut self) -> Option<KeptEdit> {
        let edit = self.first()?;
        let found = self.index.find_entry(hash(edit.key), |number| {
            at(&self.chunks, self.base, *number).key == edit.key
        });
        found.expect("every edit is in the index").remove();
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
        self.chunks.len() * CHUNK * size_of::<KeptEdit>() + self.index.allocation_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_found_by_key_and_forgotten_in_order() {
        let mut table = EditTable::default();
        let edit = |n: u64| KeptEdit::new(n * 7 + 1, n, UserType::Anonymous, n as i64, 5, 6);
        let many = 3 * CHUNK as u64 + 17;
        for n in 0..many {
            table.push(edit(n));
        }
        for n in 0..many - 10 {
            assert_eq!(table.get(n * 7 + 1), Some(edit(n)));
            assert_eq!(table.pop(), Some(edit(n)));
            assert_eq!(table.get(n * 7 + 1), None);
        }
        assert_eq!(table.len(), 10);
        assert_eq!(table.first(), Some(edit(many - 10)));
        assert_eq!(edit(9).parent(), 9);
        assert!(table.bytes() >= CHUNK * 32);
    }

    #[test]
    fn user_types_survive() {
        for user_type in UserType::ALL {
            let edit = KeptEdit::new(1, 0, user_type, 0, 0, 0);
            assert_eq!(edit.user_type(), user_type);
        }
    }

    #[test]
    fn a_sibling_is_of_the_same_wiki() {
        let key = (3 << REV_BITS) | 17;
        assert_eq!((rev_of(key), sibling(key, 5)), (17, (3 << REV_BITS) | 5));
    }
}
