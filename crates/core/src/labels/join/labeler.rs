//! The state machine: takes edits and changes of tags, remembers those of the window, follows what
//! reverts say down the history of their page, and gives labels.

use super::anti_vandalism;
use super::author::Author;
use super::edit_table::EditTable;
use super::kept_edit::{KeptEdit, Key, PageKey, REV_BITS, RevertTraits, rev_of, usable};
use super::revert_graph::{LabelChange, RevertGraph};
use super::settings::{JoinCounters, LabelerSettings, SeenEdit};
use super::tagged::TagPairs;
use super::waiting::{Held, HistoryWalk, Reach, Waiting};
use super::wikis::Wikis;
use crate::event::TagChange;
use crate::labels::label::{Label, LabelSource};
use crate::labels::summary::{RevertSummary, follows_a_page};
use crate::time::EventTime;
use crate::user::UserType;

/// Gives the labels of one sequence of events. `docs/contracts/labels.md` defines them.
#[derive(Debug)]
pub struct Labeler {
    pub(super) settings: LabelerSettings,
    wikis: Wikis,
    pub(super) edits: EditTable,
    pub(super) graph: RevertGraph,
    pub(super) waiting: Waiting,
    pub(super) pairs: TagPairs,
    /// Time of the latest event; `i64::MIN` before the first.
    pub(super) now_ms: i64,
    pub(super) counters: JoinCounters,
    /// Labels to be given by the call under way, and the title of their page; fields only to keep
    /// their allocations.
    pub(super) changes: Vec<LabelChange>,
    pub(super) page_title: String,
}

impl Labeler {
    /// Settings out of range are brought into it: no time below 0, and 1 to 2^31 edits.
    pub fn new(settings: LabelerSettings) -> Self {
        Self {
            settings: LabelerSettings {
                window_ms: settings.window_ms.max(0),
                margin_ms: settings.margin_ms.max(0),
                hold_ms: settings.hold_ms.max(0),
                // Edits are numbered in 32 bits, which must not wrap within the table.
                max_edits: settings.max_edits.clamp(1, 1 << 31),
            },
            wikis: Wikis::default(),
            edits: EditTable::default(),
            graph: RevertGraph::default(),
            waiting: Waiting::default(),
            pairs: TagPairs::default(),
            now_ms: i64::MIN,
            counters: JoinCounters::default(),
            changes: Vec::new(),
            page_title: String::new(),
        }
    }

    /// Processes an edit and adds the labels that follow from it.
    pub fn edit(&mut self, edit: &SeenEdit<'_>, labels: &mut Vec<Label>) {
        self.counters.edits += 1;
        let time_ms = edit.event_time.as_millis();
        let Some(key) = self.admit(&edit.wiki, edit.rev_id, time_ms) else {
            return;
        };
        self.pass_missing(labels);
        self.at_page(&edit.page_title);
        let comment = edit.comment.as_deref();
        let summary = comment.and_then(|comment| RevertSummary::read(&edit.wiki, comment));
        // The same edit may come from two streams, each with facts of its own: both are processed.
        let kept = match self.edits.get(key) {
            Some(known) => {
                self.counters.duplicates += 1;
                known
            }
            None => {
                let kept = kept(key, edit, summary.as_ref());
                self.edits.push(kept);
                kept
            }
        };
        for held in self.waiting.take(key) {
            match held {
                Held::Walk(walk, _) => self.walk(walk),
                Held::Tagged { tags, time_ms } => self.follow_tags(&kept, tags, time_ms),
            }
        }
        self.follow_revert(&kept, edit, summary);
        self.shrink();
        self.give_labels(labels);
    }

    /// Processes a change of tags and adds the labels that follow from it.
    pub fn tags(&mut self, change: &TagChange<'_>, labels: &mut Vec<Label>) {
        let time_ms = change.time.as_millis();
        if change.added.is_empty() {
            return;
        }
        let Some(key) = self.admit(&change.wiki, change.rev_id, time_ms) else {
            return;
        };
        self.pass_missing(labels);
        self.at_page(&change.page_title);
        let tags = change.added;
        match self.edits.get(key) {
            Some(edit) => self.follow_tags(&edit, tags, time_ms),
            None => {
                let until = self.now_ms.saturating_add(self.settings.hold_ms);
                self.waiting
                    .hold(key, Held::Tagged { tags, time_ms }, until);
            }
        }
        self.shrink();
        self.give_labels(labels);
    }

    /// The time of the latest event, which is the labeler's clock; `None` before the first.
    pub fn stream_now(&self) -> Option<EventTime> {
        EventTime::from_millis(self.now_ms)
    }

    /// Counts since the labeler was made.
    pub fn counters(&self) -> JoinCounters {
        self.counters
    }

    /// Number of edits in the window.
    pub fn edits_held(&self) -> usize {
        self.edits.len()
    }

    /// Bytes of memory held, without the statements that wait for their edit.
    pub fn memory_bytes(&self) -> usize {
        self.edits.bytes() + self.graph.bytes() + self.pairs.bytes()
    }

    /// The key of an event's revision; moves the clock. `None` for events that are too old or whose
    /// ids cannot be kept; they are counted.
    fn admit(&mut self, wiki: &str, rev_id: i64, time_ms: i64) -> Option<Key> {
        let kept_ms = self
            .settings
            .window_ms
            .saturating_add(self.settings.margin_ms);
        let is_late = self.now_ms.saturating_sub(kept_ms) > time_ms && self.now_ms > i64::MIN;
        let key = match (is_late, usable(rev_id), self.wikis.number(wiki)) {
            (false, Some(rev), Some(number)) => (u64::from(number) << REV_BITS) | rev,
            _ => {
                self.counters.unusable += 1;
                return None;
            }
        };
        self.now_ms = self.now_ms.max(time_ms);
        Some(key)
    }

    fn at_page(&mut self, title: &str) {
        self.page_title.clear();
        self.page_title.push_str(title);
    }

    /// Follows the reverts that the event and its summary state.
    fn follow_revert(
        &mut self,
        kept: &KeptEdit,
        edit: &SeenEdit<'_>,
        summary: Option<RevertSummary>,
    ) {
        let walk = HistoryWalk {
            page: PageKey::of(edit.page_id, &edit.page_title),
            ..HistoryWalk::from(kept, Reach::Range, LabelSource::Undo)
        };
        if let Some((oldest, newest)) = edit
            .revert
            .and_then(|range| Some((usable(range.oldest)?, usable(range.newest)?)))
        {
            self.walk(HistoryWalk {
                at: newest,
                floor: oldest,
                source: LabelSource::PageChange,
                ..walk
            });
        }
        if kept.traits().is_automatic {
            self.claim(kept);
        }
        match summary {
            Some(RevertSummary::Undo { rev_id, user }) => {
                let Some(rev) = usable(rev_id) else { return };
                self.walk(HistoryWalk {
                    at: rev,
                    floor: rev,
                    reach: Reach::Named,
                    author: Author::of(user.as_deref()),
                    ..walk
                });
            }
            Some(RevertSummary::ToRevision { rev_id }) => {
                let Some(rev) = usable(rev_id) else { return };
                self.walk(HistoryWalk {
                    floor: rev + 1,
                    ..walk
                });
            }
            Some(RevertSummary::Rollback { user, to_user }) => {
                let author = Author::of(user.as_deref());
                let restored = Author::of(to_user.as_deref());
                self.walk(HistoryWalk {
                    reach: Reach::Run,
                    author,
                    // Without a name it is MediaWiki's rollback, which tells addresses apart, as does
                    // one that restores another address of the same network.
                    is_exact: author.is_hidden() || author.is_same_person(restored),
                    source: LabelSource::Rollback,
                    ..walk
                });
            }
            Some(RevertSummary::Manual) => {
                self.counters.manual += 1;
                self.claim(kept);
            }
            None => {}
        }
    }

    /// Forgets edits beyond the window and beyond `max_edits`.
    fn shrink(&mut self) {
        let kept_ms = self
            .settings
            .window_ms
            .saturating_add(self.settings.margin_ms);
        let oldest_ms = self.now_ms.saturating_sub(kept_ms);
        while let Some(first) = self.edits.first() {
            let is_too_many = self.edits.len() > self.settings.max_edits;
            if first.time_ms >= oldest_ms && !is_too_many {
                return;
            }
            self.counters.dropped += u64::from(first.time_ms >= oldest_ms);
            self.edits.pop();
            self.graph.forget(first.key);
            self.pairs.forget(&first);
        }
    }

    /// Adds a label for each change of the call under way.
    pub(super) fn give_labels(&mut self, labels: &mut Vec<Label>) {
        for change in self.changes.drain(..) {
            let wiki = &self.wikis.names()[(change.edit.key >> REV_BITS) as usize];
            let edit_ms = change.edit.time_ms;
            let at = |ms| EventTime::from_millis(ms).expect("it was the time of an event");
            labels.push(Label {
                wiki: wiki.clone(),
                rev_id: rev_of(change.edit.key) as i64,
                page_title: self.page_title.clone(),
                edit_time: at(edit_ms),
                kind: change.kind,
                source: change.source,
                reverting_rev_id: change.reverter.map(|edit| rev_of(edit.key) as i64),
                reverting_user_type: change.reverter.map(|edit| edit.user_type()),
                reverted_at: at(change.reverted_ms),
                delay_seconds: change.reverted_ms.saturating_sub(edit_ms).max(0) / 1_000,
                update: change.update,
            });
            self.counters.labels += 1;
        }
    }
}

/// What is kept of an edit with this summary.
fn kept(key: Key, edit: &SeenEdit<'_>, summary: Option<&RevertSummary>) -> KeptEdit {
    let user = edit.user.as_deref();
    let is_rollback = || matches!(summary, Some(RevertSummary::Rollback { .. }));
    let traits = RevertTraits {
        is_automatic: edit.comment.as_deref().is_some_and(follows_a_page),
        undoes_users: edit.user_type == UserType::Bot
            && (is_rollback() || user.is_some_and(anti_vandalism::is_account)),
    };
    let parent = edit.rev_old_id.and_then(usable).unwrap_or(0);
    let page = PageKey::of(edit.page_id, &edit.page_title);
    KeptEdit::new(key, parent, edit.event_time.as_millis(), page).by(
        Author::of(user),
        edit.user_type,
        traits,
    )
}
