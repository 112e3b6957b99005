//! The state machine: takes edits and changes of tags, remembers those of the window, follows what
//! reverts say down the history of their page, and gives labels.

use super::edit_table::{EditTable, KeptEdit, Key, REV_BITS, fingerprint, rev_of, sibling, usable};
use super::revert_graph::{LabelChange, RevertGraph, Statement};
use super::settings::{JoinCounters, LabelerSettings, SeenEdit};
use super::waiting::{Held, HistoryWalk, Waiting};
use super::wikis::Wikis;
use crate::event::{RevertTags, TagChange};
use crate::labels::label::{Label, LabelSource};
use crate::labels::summary::RevertSummary;
use crate::time::EventTime;
use rustc_hash::FxHashMap;

/// The most edits that one revert may undo.
const MAX_STEPS: u16 = 1_000;

/// Gives the labels of one sequence of events. `docs/contracts/labels.md` defines them.
#[derive(Debug)]
pub struct Labeler {
    settings: LabelerSettings,
    wikis: Wikis,
    edits: EditTable,
    pub(super) graph: RevertGraph,
    waiting: Waiting,
    /// By edit, the next edit of its page if that one says that it reverts, but not what.
    claims: FxHashMap<Key, Key>,
    /// Time of the latest event; `i64::MIN` before the first.
    now_ms: i64,
    counters: JoinCounters,
    /// Labels to be given by the call under way; a field only to keep its allocation.
    changes: Vec<LabelChange>,
}

fn user_fingerprint(user: Option<&str>) -> u32 {
    user.map_or(0, fingerprint)
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
            claims: FxHashMap::default(),
            now_ms: i64::MIN,
            counters: JoinCounters::default(),
            changes: Vec::new(),
        }
    }

    /// Processes an edit and adds the labels that follow from it.
    pub fn edit(&mut self, edit: &SeenEdit<'_>, labels: &mut Vec<Label>) {
        self.counters.edits += 1;
        let time_ms = edit.event_time.as_millis();
        let Some(key) = self.admit(&edit.wiki, edit.rev_id, time_ms) else {
            return;
        };
        // The same edit may come from two streams, each with facts of its own: both are processed.
        let kept = match self.edits.get(key) {
            Some(known) => {
                self.counters.duplicates += 1;
                known
            }
            None => {
                let kept = KeptEdit::new(
                    key,
                    edit.rev_old_id.and_then(usable).unwrap_or(0),
                    edit.user_type,
                    time_ms,
                    fingerprint(&edit.page_title),
                    user_fingerprint(edit.user.as_deref()),
                );
                self.edits.push(kept);
                kept
            }
        };
        for held in self.waiting.take(key) {
            match held {
                Held::Walk(walk) => self.walk(walk),
                Held::Tagged { tags, time_ms } => self.follow_tags(&kept, tags, time_ms),
            }
        }
        self.follow_revert(&kept, edit);
        self.shrink();
        self.give_labels(&edit.page_title, labels);
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
        self.give_labels(&change.page_title, labels);
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
        let claims = self.claims.capacity() * (size_of::<(Key, Key)>() + 1) * 8 / 7;
        self.edits.bytes() + self.graph.bytes() + claims
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
        self.waiting.expire(self.now_ms);
        Some(key)
    }

    /// Follows the reverts that the event and its summary state.
    fn follow_revert(&mut self, kept: &KeptEdit, edit: &SeenEdit<'_>) {
        let walk = HistoryWalk {
            reverter: kept.key,
            at: kept.parent(),
            floor: 1,
            page: kept.page,
            user: 0,
            is_run: false,
            source: LabelSource::Undo,
            steps: 0,
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
        let Some(summary) = edit
            .comment
            .as_deref()
            .and_then(|comment| RevertSummary::read(&edit.wiki, comment))
        else {
            return;
        };
        match summary {
            RevertSummary::Undo { rev_id, user } => {
                let Some(rev) = usable(rev_id) else { return };
                self.walk(HistoryWalk {
                    at: rev,
                    floor: rev,
                    user: user_fingerprint(user.as_deref()),
                    ..walk
                });
            }
            RevertSummary::ToRevision { rev_id } => {
                let Some(rev) = usable(rev_id) else { return };
                self.walk(HistoryWalk {
                    floor: rev + 1,
                    ..walk
                });
            }
            RevertSummary::Rollback { user, .. } => self.walk(HistoryWalk {
                user: user_fingerprint(user.as_deref()),
                is_run: true,
                source: LabelSource::Rollback,
                ..walk
            }),
            RevertSummary::Manual => {
                self.counters.manual += 1;
                self.claim(kept);
            }
        }
    }

    /// Follows a revert down the history of the page, edit by edit, as far as it reaches. Where an
    /// edit has not come yet, the walk waits for it.
    fn walk(&mut self, mut walk: HistoryWalk) {
        let is_single = walk.at == walk.floor && !walk.is_run;
        while walk.at >= walk.floor && walk.at < rev_of(walk.reverter) && walk.steps < MAX_STEPS {
            let key = sibling(walk.reverter, walk.at);
            let Some(edit) = self.edits.get(key) else {
                let until = self.now_ms.saturating_add(self.settings.hold_ms);
                self.waiting.hold(key, Held::Walk(walk), until);
                return;
            };
            let is_same_user = walk.user == 0 || edit.user == walk.user;
            let fits = match is_single {
                // A page that was moved has another title; then the author must be the one named.
                true => edit.page == walk.page || (walk.user != 0 && is_same_user),
                false => edit.page == walk.page && is_same_user,
            };
            if !fits {
                self.counters.contradicted += u64::from(walk.steps == 0);
                return;
            }
            if walk.is_run && walk.user == 0 {
                walk.user = edit.user;
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
            let is_hidden_run = walk.is_run && walk.user == 0;
            if edit.parent() == 0 || is_hidden_run {
                return;
            }
            walk.at = edit.parent();
            walk.steps += 1;
        }
    }

    /// Adds a statement that an edit was reverted, unless it came too late or is impossible.
    fn add_statement(&mut self, edit: &KeptEdit, statement: Statement) {
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

    /// Follows the tags that an edit got.
    fn follow_tags(&mut self, edit: &KeptEdit, tags: RevertTags, time_ms: i64) {
        if tags.rollback {
            // MediaWiki's rollback undoes the latest edits of the author of the revision before.
            self.walk(HistoryWalk {
                reverter: edit.key,
                at: edit.parent(),
                floor: 1,
                page: edit.page,
                user: 0,
                is_run: true,
                source: LabelSource::Rollback,
                steps: 0,
            });
        } else if tags.undo || tags.manual_revert {
            self.claim(edit);
        }
        if tags.reverted {
            let tag = |reverter, time_ms| Statement {
                reverter,
                time_ms,
                source: LabelSource::Tag,
            };
            let claim = self.claims.get(&edit.key).copied();
            match claim.and_then(|reverter| self.edits.get(reverter)) {
                Some(reverter) => {
                    self.add_statement(edit, tag(reverter.key, reverter.time_ms));
                }
                None => self.add_statement(edit, tag(0, time_ms)),
            }
        }
    }

    /// Notes that an edit says that it reverts, but not what. If a tag says that the edit before it
    /// was reverted, the two belong together.
    fn claim(&mut self, reverter: &KeptEdit) {
        let reverted = sibling(reverter.key, reverter.parent());
        if reverter.parent() == 0 || self.claims.contains_key(&reverted) {
            return;
        }
        self.claims.insert(reverted, reverter.key);
        if self.graph.is_tagged(reverted)
            && let Some(edit) = self.edits.get(reverted)
        {
            let statement = Statement {
                reverter: reverter.key,
                time_ms: reverter.time_ms,
                source: LabelSource::Tag,
            };
            self.add_statement(&edit, statement);
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
            self.claims.remove(&first.key);
        }
    }

    /// Adds a label for each change of the call under way.
    fn give_labels(&mut self, page_title: &str, labels: &mut Vec<Label>) {
        for change in self.changes.drain(..) {
            let wiki = &self.wikis.names()[(change.edit.key >> REV_BITS) as usize];
            let edit_ms = change.edit.time_ms;
            let at = |ms| EventTime::from_millis(ms).expect("it was the time of an event");
            labels.push(Label {
                wiki: wiki.clone(),
                rev_id: rev_of(change.edit.key) as i64,
                page_title: page_title.to_owned(),
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
