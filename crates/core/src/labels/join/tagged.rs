//! Reverts that only tags tell: MediaWiki tags every edit of the range that was reverted, and the
//! reverting edit comes right after it.

use super::kept_edit::{KeptEdit, Key, sibling};
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

    /// Forgets an edit that left the window; the one before it may never have been there.
    pub fn forget(&mut self, edit: &KeptEdit) {
        let parent = sibling(edit.key, edit.parent());
        for after in [&mut self.claims, &mut self.tagged_after] {
            after.remove(&edit.key);
            if after.get(&parent) == Some(&edit.key) {
                after.remove(&parent);
            }
        }
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
        if edit.parent() != 0 {
            let parent = sibling(edit.key, edit.parent());
            let before = self.before(edit).map_or(parent, |before| before.key);
            self.pairs.tagged_after.insert(parent, edit.key);
            self.pairs.tagged_after.entry(before).or_insert(edit.key);
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
        let before = self.before(reverter);
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
            let Some(before) = self.before(&edit) else {
                return;
            };
            // What the edit itself reverts was not reverted with it.
            if self.pairs.claims.contains_key(&before.key) || !self.graph.is_tagged(before.key) {
                return;
            }
            edit = before;
        }
    }

    /// The edit before another on its page, past a revision that no event is about.
    fn before(&self, edit: &KeptEdit) -> Option<KeptEdit> {
        let parent = sibling(edit.key, edit.parent());
        let known = self
            .edits
            .get(parent)
            .filter(|before| before.key < edit.key);
        known.or_else(|| {
            let has_parent = edit.parent() != 0;
            has_parent.then(|| self.edits.below(parent.min(edit.key), edit.page))?
        })
    }
}

fn tag(reverter: Key, time_ms: i64) -> Statement {
    Statement {
        reverter,
        time_ms,
        source: LabelSource::Tag,
    }
}
