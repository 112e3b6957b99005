//! Detects pages on which users revert each other. An edit counts as reverting if its summary names
//! the user or the revision that it undoes, or if it takes back exactly the change of size of another
//! user's previous edit. A summary that names neither may be about a revert.

use super::rules::AlertRules;
use super::user_fingerprint;
use super::window::{Moments, Recent};
use crate::edit::Edit;
use crate::labels::RevertSummary;
use crate::time::EventTime;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

/// Reverts remembered over all pages, in each half of the table.
const MOMENTS: usize = 1 << 18;
/// Pages whose last edit is remembered, in each half of the table.
const PAGES: usize = 1 << 15;
/// Smaller changes of size can cancel by chance.
const MIN_RESTORED_BYTES: u64 = 16;

/// The previous edit of a page, which the next one is compared with.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct LastEdit {
    user: u64,
    rev_id: Option<i64>,
    length_before: Option<i64>,
    length_after: Option<i64>,
}

/// The reverts of a page, as many as the threshold, by at least two users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct War {
    pub(super) users: u32,
    pub(super) span_ms: i64,
}

/// The latest edits of one page, as far as a war needs them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PageEdits {
    last: Option<LastEdit>,
    reverts: Moments<u64>,
}

impl PageEdits {
    /// Counts an edit of the page, made at `at` by somebody who is no bot.
    pub fn count(&mut self, rules: &AlertRules, edit: &Edit<'_>, at: EventTime) -> Option<War> {
        Threshold::of(rules).count(edit, at, &mut self.last, || &mut self.reverts)
    }
}

/// What makes reverts a war.
#[derive(Debug, Clone, Copy)]
struct Threshold {
    reverts: usize,
    window_ms: i64,
}

impl Threshold {
    fn of(rules: &AlertRules) -> Self {
        Self {
            reverts: rules.war_reverts as usize,
            window_ms: rules.war_window_ms,
        }
    }

    /// Counts an edit of the page that `last` and `moments` are of; few edits need the latter.
    fn count<'m>(
        self,
        edit: &Edit<'_>,
        at: EventTime,
        last: &mut Option<LastEdit>,
        moments: impl FnOnce() -> &'m mut Moments<u64>,
    ) -> Option<War> {
        let user = user_fingerprint(edit).unwrap_or(0);
        let this = LastEdit {
            user,
            rev_id: edit.rev_id,
            length_before: edit.length_old,
            length_after: edit.length_new,
        };
        let last = last.replace(this);
        let says_so = edit.comment.as_deref().is_some_and(|comment| {
            let summary = RevertSummary::read(&edit.wiki, comment);
            summary.is_some_and(|summary| summary.names_something())
        });
        if !says_so && !last.is_some_and(|last| restores_size(&last, &this, edit.rev_old_id)) {
            return None;
        }
        let moments = moments();
        moments.add(at.as_millis(), user, self.window_ms, self.reverts);
        if moments.len() < self.reverts {
            return None;
        }
        let users = moments.items().collect::<FxHashSet<_>>().len();
        // Reverts by one user alone are patrolling, not a war.
        (users >= 2).then(|| War {
            users: users as u32,
            span_ms: moments.span_ms(),
        })
    }
}

/// The latest reverts of each page that was edited recently.
#[derive(Debug)]
pub(super) struct WarDetector {
    threshold: Threshold,
    pages: Recent<Moments<u64>>,
    last_edits: Recent<Option<LastEdit>>,
}

impl WarDetector {
    pub(super) fn new(rules: &AlertRules) -> Self {
        let threshold = Threshold::of(rules);
        Self {
            threshold,
            pages: Recent::new(MOMENTS / threshold.reverts),
            last_edits: Recent::new(PAGES),
        }
    }

    /// As [`PageEdits::count`], for the page with this fingerprint.
    pub(super) fn observe(&mut self, edit: &Edit<'_>, at: EventTime, page: u64) -> Option<War> {
        let last = self.last_edits.entry(page);
        self.threshold
            .count(edit, at, last, || self.pages.entry(page))
    }

    #[cfg(test)]
    pub(super) fn tracked(&self) -> usize {
        self.pages.len() + self.last_edits.len()
    }
}

fn restores_size(last: &LastEdit, this: &LastEdit, this_follows: Option<i64>) -> bool {
    let (Some(before), Some(after)) = (last.length_before, last.length_after) else {
        return false;
    };
    let follows = match (last.rev_id, this_follows) {
        (Some(last), Some(follows)) => last == follows,
        _ => this.length_before == Some(after),
    };
    follows
        && last.user != this.user
        && this.length_after == Some(before)
        && before.abs_diff(after) >= MIN_RESTORED_BYTES
}
