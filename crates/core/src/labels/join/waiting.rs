//! Facts about edits that have not come yet, as events of different streams overtake each other.
//! They are held for a limited stream time, and at most 65,536 of them.

use super::edit_table::Key;
use crate::event::RevertTags;
use crate::labels::label::LabelSource;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// The most facts held; beyond it the oldest are dropped.
const MAX_HELD: usize = 1 << 16;

/// How far a revert was followed down the history of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HistoryWalk {
    pub reverter: Key,
    /// The revision to look at next.
    pub at: u64,
    /// The lowest revision that it reverts.
    pub floor: u64,
    /// Fingerprint of the page.
    pub page: u32,
    /// Fingerprint of the user whose edits it reverts; 0 for any user.
    pub user: u32,
    /// Whether it reverts the latest edits of one user: without a name, those of the first author.
    pub is_run: bool,
    pub source: LabelSource,
    /// Edits of the history that were followed already.
    pub steps: u16,
}

/// A fact about an edit that has not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// A walk that needs the edit to continue.
    Walk(HistoryWalk),
    /// Tags that the edit got, and when.
    Tagged { tags: RevertTags, time_ms: i64 },
}

/// All held facts, with their deadlines.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// By the edit that they wait for.
    by_edit: FxHashMap<Key, Vec<Held>>,
    /// For each fact until when it is held, and the edit; in the order of `hold`.
    until: VecDeque<(i64, Key)>,
}

impl Waiting {
    pub fn hold(&mut self, edit: Key, held: Held, until_ms: i64) {
        let all = self.by_edit.entry(edit).or_default();
        if all.contains(&held) {
            return;
        }
        all.push(held);
        self.until.push_back((until_ms, edit));
        if self.until.len() > MAX_HELD {
            self.drop_first();
        }
    }

    /// Removes the facts about an edit that has come.
    pub fn take(&mut self, edit: Key) -> Vec<Held> {
        match self.by_edit.is_empty() {
            true => Vec::new(),
            false => self.by_edit.remove(&edit).unwrap_or_default(),
        }
    }

    /// Drops the facts whose time is over.
    pub fn expire(&mut self, now_ms: i64) {
        while self.until.front().is_some_and(|(until, _)| *until < now_ms) {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        let Some((_, edit)) = self.until.pop_front() else {
            return;
        };
        if let Some(all) = self.by_edit.get_mut(&edit) {
            all.remove(0);
            if all.is_empty() {
                self.by_edit.remove(&edit);
            }
        }
    }
}
