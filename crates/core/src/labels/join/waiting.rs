//! Statements about edits that have not come yet: events of different streams overtake each other.
//! Held for a while of stream time, and no more than a fixed number of them.

use super::table::Key;
use crate::labels::LabelSource;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Statements held at most; the oldest go first.
const MAX_HELD: usize = 1 << 16;

/// A revert on its way down the history of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Walk {
    /// The reverting edit.
    pub reverter: Key,
    /// The revision to look at next.
    pub at: u64,
    /// The lowest revision that it reverts.
    pub floor: u64,
    /// Fingerprint of the page.
    pub page: u32,
    /// Fingerprint of the user whose edits it reverts; 0: anyone's.
    pub user: u32,
    /// Whether it reverts the edits of the first author it meets.
    pub is_run: bool,
    pub source: LabelSource,
    /// Edits passed.
    pub steps: u16,
}

/// What is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Walk(Walk),
    /// Tags that the edit got, and when.
    Tagged {
        tags: u8,
        time_ms: i64,
    },
}

/// Statements by the edit they wait for.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub by_edit: FxHashMap<Key, Vec<Held>>,
    /// Edits waited for and until when, in the order of asking.
    pub until: VecDeque<(i64, Key)>,
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

    /// What waited for an edit that has come.
    pub fn take(&mut self, edit: Key) -> Vec<Held> {
        match self.by_edit.is_empty() {
            true => Vec::new(),
            false => self.by_edit.remove(&edit).unwrap_or_default(),
        }
    }

    /// Gives up on what has waited long enough.
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
