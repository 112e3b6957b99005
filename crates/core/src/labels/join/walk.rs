//! How far a revert reaches: down the history of its page, revision by revision, and past revisions
//! that no event is about.

use super::kept_edit::{KeptEdit, PageKey, rev_of, sibling};
use super::labeler::Labeler;
use super::revert_graph::Statement;
use super::waiting::{Held, HistoryWalk, Reach};
use crate::labels::label::{Label, LabelSource};

/// The most edits that one revert may undo.
const MAX_STEPS: u16 = 1_000;

impl Labeler {
    /// Follows a revert down the history of the page, edit by edit, as far as it reaches. Where an
    /// edit has not come yet, the walk waits for it.
    pub(super) fn walk(&mut self, mut walk: HistoryWalk) {
        while walk.at >= walk.floor && walk.at < rev_of(walk.reverter) && walk.steps < MAX_STEPS {
            let key = sibling(walk.reverter, walk.at);
            let Some(edit) = self.edits.get(key) else {
                let until = self.now_ms.saturating_add(self.settings.hold_ms);
                let title = self.page_title.as_str().into();
                self.waiting.hold(key, Held::Walk(walk, title), until);
                return;
            };
            if !walk.fits(&edit) {
                self.counters.contradicted += u64::from(walk.steps == 0);
                return;
            }
            if walk.reach == Reach::Run && walk.author.is_hidden() {
                walk.author = edit.author();
            }
            let Some(reverter) = self.edits.get(walk.reverter) else {
                return;
            };
            let statement = Statement {
                reverter: walk.reverter,
                time_ms: reverter.time_ms,
                source: walk.source,
            };
            self.add_statement(&edit, statement);
            // The run of a hidden user ends here: the next hidden name may be another user's.
            let is_hidden_run = walk.reach == Reach::Run && walk.author.is_hidden();
            if edit.parent() == 0 || is_hidden_run {
                return;
            }
            walk.at = edit.parent();
            walk.steps += 1;
        }
    }

    /// Leads the walks on whose edit did not come: moves, protections and imports make revisions that
    /// no event of an edit is about. Adds the labels that follow.
    pub(super) fn pass_missing(&mut self, labels: &mut Vec<Label>) {
        while let Some(held) = self.waiting.next_expired(self.now_ms) {
            let Held::Walk(walk, title) = held else {
                continue;
            };
            let Some(edit) = self.below(&walk) else {
                continue;
            };
            self.page_title.clear();
            self.page_title.push_str(&title);
            self.walk(HistoryWalk {
                at: rev_of(edit.key),
                ..walk
            });
            self.give_labels(labels);
        }
    }

    /// The edit of the page below the one that a walk misses, if the revert reaches it.
    fn below(&self, walk: &HistoryWalk) -> Option<KeptEdit> {
        match walk.reach {
            Reach::Named => return None,
            // Nobody knows whose edits are meant.
            Reach::Run if walk.author.is_hidden() => return None,
            Reach::Run | Reach::Range => {}
        }
        let missing = sibling(walk.reverter, walk.at);
        let of_page = |page: PageKey| {
            let by_title = PageKey { id: 0, ..page };
            let found = self.edits.below(missing, page);
            found
                .or_else(|| self.edits.below(missing, by_title))
                .filter(|edit| rev_of(edit.key) >= walk.floor)
        };
        // Before a move the page had another title: that of the oldest edit of the range.
        let former = || {
            let is_range = walk.source == LabelSource::PageChange;
            let oldest = self.edits.get(sibling(walk.reverter, walk.floor));
            of_page(oldest.filter(|_| is_range)?.page)
        };
        of_page(walk.page).or_else(former)
    }

    /// Adds a statement that an edit was reverted, unless it came too late or is impossible.
    pub(super) fn add_statement(&mut self, edit: &KeptEdit, statement: Statement) {
        let delay_ms = statement.time_ms.saturating_sub(edit.time_ms);
        if delay_ms <= self.settings.window_ms && statement.may_concern(edit.key) {
            let window_ms = self.settings.window_ms;
            self.graph.add(
                &self.edits,
                edit.key,
                statement,
                window_ms,
                &mut self.changes,
            );
        }
    }
}

impl HistoryWalk {
    /// Whether the revert may be one of this edit.
    fn fits(&self, edit: &KeptEdit) -> bool {
        if self.page.is_other(edit.page) {
            return false;
        }
        let author = edit.author();
        let is_named = self.author.is_same_person(author)
            && (!self.is_exact || self.author.address == author.address);
        match self.reach {
            // Only a summary connects it with the page; if the page was moved, the author must be the
            // one named.
            Reach::Named => self.page.is_same(edit.page) || is_named,
            Reach::Range => true,
            Reach::Run => self.author.is_hidden() || is_named,
        }
    }
}
