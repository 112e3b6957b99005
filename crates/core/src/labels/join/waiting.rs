//! Facts about edits that have not come yet, as events of different streams overtake each other.
//! They are held for a limited stream time, and at most 65,536 of them.

use super::author::Author;
use super::kept_edit::{KeptEdit, Key, PageKey};
use crate::event::RevertTags;
use crate::labels::label::LabelSource;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// The most facts held; beyond it the oldest are dropped.
const MAX_HELD: usize = 1 << 16;

/// Which edits a revert undoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// One revision, which a summary names.
    Named,
    /// All of the page from one revision to another.
    Range,
    /// The latest edits of one user: without a name, those of the first author.
    Run,
}

/// How far a revert was followed down the history of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HistoryWalk {
    pub reverter: Key,
    /// The revision to look at next.
    pub at: u64,
    /// The lowest revision that it reverts.
    pub floor: u64,
    pub page: PageKey,
    pub reach: Reach,
    /// The user whose edits it reverts.
    pub author: Author,
    /// Whether two addresses of one network are two users.
    pub is_exact: bool,
    pub source: LabelSource,
    /// Edits of the history that were followed already.
    pub steps: u16,
}

impl HistoryWalk {
    /// A walk from the revision before a reverting edit to the first of the page.
    pub fn from(reverter: &KeptEdit, reach: Reach, source: LabelSource) -> Self {
        Self {
            reverter: reverter.key,
            at: reverter.parent(),
            floor: 1,
            page: reverter.page,
            reach,
            author: Author::default(),
            is_exact: false,
            source,
            steps: 0,
        }
    }
}

/// A fact about an edit that has not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    /// A walk that needs the edit to continue, and the title of its page.
    Walk(HistoryWalk, Box<str>),
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

    /// Takes a fact whose time is over.
    pub fn next_expired(&mut self, now_ms: i64) -> Option<Held> {
        while self.until.front().is_some_and(|(until, _)| *until < now_ms) {
            if let Some(held) = self.drop_first() {
                return Some(held);
            }
        }
        None
    }

    fn drop_first(&mut self) -> Option<Held> {
        let (_, edit) = self.until.pop_front()?;
        let all = self.by_edit.get_mut(&edit)?;
        let first = all.remove(0);
        if all.is_empty() {
            self.by_edit.remove(&edit);
        }
        Some(first)
    }
}
