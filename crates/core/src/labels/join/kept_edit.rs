//! What is remembered of an edit, packed: there are millions of them.

use super::author::{ADDRESS_BITS, Author, fingerprint};
use crate::user::UserType;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// A revision of a wiki: the wiki's number in the upper 16 bits, the revision in the lower 48.
pub(super) type Key = u64;
/// Bits of a key that hold the revision id.
pub(super) const REV_BITS: u32 = 48;
/// The largest revision id that is kept.
pub(super) const MAX_REV: u64 = (1 << REV_BITS) - 1;

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

/// A page, as far as it is known: fingerprints of its id, 0 if not known, and of its title. An id stays
/// when the page is moved; only one of the streams has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageKey {
    pub id: u32,
    pub title: u32,
}

impl PageKey {
    pub fn of(id: Option<i64>, title: &str) -> Self {
        Self {
            id: id.map_or(0, |id| fingerprint(&id.to_le_bytes())),
            title: fingerprint(title.as_bytes()),
        }
    }

    /// Whether two keys have different ids, so that they are two pages whatever their titles.
    pub const fn is_other(self, page: Self) -> bool {
        self.id != 0 && page.id != 0 && self.id != page.id
    }

    /// Whether the ids are the same, or the titles if an id is not known.
    pub const fn is_same(self, page: Self) -> bool {
        match self.id != 0 && page.id != 0 {
            true => self.id == page.id,
            false => self.title == page.title,
        }
    }

    /// What edits of the page are found by.
    const fn indexed(self) -> u64 {
        match self.id {
            0 => self.title as u64,
            id => (1 << 32) | id as u64,
        }
    }
}

/// What an edit says about the reverts that it makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RevertTraits {
    /// A program made it because a page was moved or deleted on another wiki.
    pub is_automatic: bool,
    /// It is flagged as a bot's and undoes what users did.
    pub undoes_users: bool,
}

const AUTOMATIC: u16 = 1 << 2;
const UNDOES_USERS: u16 = 1 << 3;
const ADDRESS_SHIFT: u32 = 16 - ADDRESS_BITS;

/// What is remembered of an edit, in 40 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeptEdit {
    pub key: Key,
    /// The revision before it on the page in the lower 48 bits, 0 if there is none; in the upper 16
    /// the number of the user's type, two traits, and the author's address.
    packed: u64,
    pub time_ms: i64,
    pub page: PageKey,
    person: u32,
    /// Number of the edit with the next lower revision of the page; its own if there is none.
    pub below: u32,
}

impl KeptEdit {
    pub fn new(key: Key, parent: u64, time_ms: i64, page: PageKey) -> Self {
        Self {
            key,
            packed: parent & MAX_REV,
            time_ms,
            page,
            person: 0,
            below: 0,
        }
    }

    /// The same edit by a user.
    pub fn by(self, author: Author, user_type: UserType, traits: RevertTraits) -> Self {
        let mut upper = (user_type as u16) | (author.address << ADDRESS_SHIFT);
        upper |= if traits.is_automatic { AUTOMATIC } else { 0 };
        upper |= if traits.undoes_users { UNDOES_USERS } else { 0 };
        Self {
            packed: (u64::from(upper) << REV_BITS) | self.parent(),
            person: author.person,
            ..self
        }
    }

    pub const fn parent(&self) -> u64 {
        self.packed & MAX_REV
    }

    const fn upper(&self) -> u16 {
        (self.packed >> REV_BITS) as u16
    }

    pub fn author(&self) -> Author {
        Author {
            person: self.person,
            address: self.upper() >> ADDRESS_SHIFT,
        }
    }

    pub fn traits(&self) -> RevertTraits {
        RevertTraits {
            is_automatic: self.upper() & AUTOMATIC != 0,
            undoes_users: self.upper() & UNDOES_USERS != 0,
        }
    }

    pub fn user_type(&self) -> UserType {
        let number = self.upper() & 3;
        let mut all = UserType::ALL.into_iter();
        all.find(|one| *one as u16 == number)
            .expect("it was put there")
    }

    pub fn page_hash(&self) -> u64 {
        page_hash(self.key, self.page)
    }

    pub const fn is_of(&self, wiki: Key, page: PageKey) -> bool {
        self.key >> REV_BITS == wiki >> REV_BITS && self.page.indexed() == page.indexed()
    }
}

/// Hash by which edits of a page are found.
pub(super) fn page_hash(key: Key, page: PageKey) -> u64 {
    FxBuildHasher.hash_one((key >> REV_BITS, page.indexed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_survives() {
        for user_type in UserType::ALL {
            for (is_automatic, undoes_users) in [(false, true), (true, false)] {
                let author = Author::of(Some("2001:db8::17"));
                let traits = RevertTraits {
                    is_automatic,
                    undoes_users,
                };
                let edit = KeptEdit::new(1, MAX_REV, 0, PageKey::of(None, "P"))
                    .by(author, user_type, traits);
                assert_eq!(
                    (
                        edit.author(),
                        edit.user_type(),
                        edit.traits(),
                        edit.parent()
                    ),
                    (author, user_type, traits, MAX_REV)
                );
            }
        }
    }

    #[test]
    fn a_sibling_is_of_the_same_wiki() {
        let key = (3 << REV_BITS) | 17;
        assert_eq!((rev_of(key), sibling(key, 5)), (17, (3 << REV_BITS) | 5));
    }

    #[test]
    fn pages_are_the_same_by_id_or_else_by_title() {
        let (old, new) = (PageKey::of(Some(1), "Old"), PageKey::of(Some(1), "New"));
        assert!(old.is_same(new) && !old.is_same(PageKey::of(Some(2), "Old")));
        assert!(old.is_same(PageKey::of(None, "Old")) && !old.is_same(PageKey::of(None, "New")));
        assert!(
            old.is_other(PageKey::of(Some(2), "Old")) && !old.is_other(PageKey::of(None, "New"))
        );
    }
}
