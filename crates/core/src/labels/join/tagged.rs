//! Reverts that only tags tell: MediaWiki tags every edit of the range that was reverted, and the
//! reverting edit comes right after it.

use super::kept_edit::{KeptEdit, Key, rev_of, sibling};
use super::labeler::Labeler;
use super::revert_graph::Statement;
use super::waiting::{HistoryWalk, Reach};
use crate::event::RevertTags;
use crate::labels::label::LabelSource;
use rustc_hash::FxHashMap;

/// The most tagged edits that one revert is brought together with.
const MAX_RUN: usize = 1_000;

/// What follows an edit on its page.
#[derive(Debug, Default)]
pub(super) struct TagPairs {
    /// By edit, the next edit of its page if that one says that it reverts, but not what.
    claims: FxHashMap<Key, Key>,
    /// By edit, the next edit of its page if that one is tagged as reverted.
    tagged_after: FxHashMap<Key, Key>,
}

impl TagPairs {
    /// The first edit after a run of tagged edits, from `edit` on, that says that it reverts.
    fn reverter(&self, mut edit: Key) -> Option<Key> {
        for _ in 0..MAX_RUN {
            if let Some(reverter) = self.claims.get(&edit) {
                return Some(*reverter);
            }
            edit = *self.tagged_after.get(&edit)?;
        }
        None
    }

    pub fn forget(&mut self, edit: Key) {
        self.claims.remove(&edit);
        self.tagged_after.remove(&edit);
    }

    /// Bytes of memory held.
    pub fn bytes(&self) -> usize {
        let entries = self.claims.capacity() + self.tagged_after.capacity();
        entries * (size_of::<(Key, Key)>() + 1) * 8 / 7
    }
}

impl Labeler {
    /// Follows the tags that an edit got.
    pub(super) fn follow_tags(&mut self, edit: &KeptEdit, tags: RevertTags, time_ms: i64) {
        if tags.rollback {
            // MediaWiki's rollback undoes the latest edits of the author of the revision before, and
            // tells addresses apart.
            self.walk(HistoryWalk {
                is_exact: true,
                ..HistoryWalk::from(edit, Reach::Run, LabelSource::Rollback)
            });
        } else if tags.undo || tags.manual_revert {
            self.claim(edit);
        }
        if !tags.reverted {
            return;
        }
        let before = sibling(edit.key, edit.parent());
        if edit.parent() != 0 {
            self.pairs.tagged_after.insert(before, edit.key);
        }
        let reverter = self.pairs.reverter(edit.key);
        match reverter.and_then(|reverter| self.edits.get(reverter)) {
            Some(reverter) => self.pair(edit, &reverter),
            None => self.add_statement(edit, tag(0, time_ms)),
        }
    }

    /// Notes that an edit says that it reverts, but not what. If tags say that the edits before it
    /// were reverted, they belong together.
    pub(super) fn claim(&mut self, reverter: &KeptEdit) {
        if reverter.parent() == 0 {
            return;
        }
        let parent = sibling(reverter.key, reverter.parent());
        // A revision that no event is about may be between the two.
        let before = match self.edits.get(parent) {
            Some(before) => Some(before),
            None => self.edits.below(parent, reverter.page),
        };
        if let Some(edit) = before
            && (edit.key == parent || !self.pairs.claims.contains_key(&edit.key))
        {
            self.pairs.claims.insert(edit.key, reverter.key);
            if self.graph.is_tagged(edit.key) {
                self.pair(&edit, reverter);
            }
        }
        self.pairs.claims.entry(parent).or_insert(reverter.key);
    }

    /// States that a revert undid an edit and the tagged ones right before it.
    fn pair(&mut self, newest: &KeptEdit, reverter: &KeptEdit) {
        let mut edit = *newest;
        for _ in 0..MAX_RUN {
            self.add_statement(&edit, tag(reverter.key, reverter.time_ms));
            let before = sibling(edit.key, edit.parent());
            // What the edit itself reverts was not reverted with it.
            if self.pairs.claims.contains_key(&before) || !self.graph.is_tagged(before) {
                return;
            }
            match self.edits.get(before) {
                Some(before) if rev_of(before.key) < rev_of(edit.key) => edit = before,
                _ => return,
            }
        }
    }
}

fn tag(reverter: Key, time_ms: i64) -> Statement {
    Statement {
        reverter,
        time_ms,
        source: LabelSource::Tag,
    }
}
