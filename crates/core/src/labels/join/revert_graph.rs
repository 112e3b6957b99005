//! Which edits revert which, and what follows from it: an edit is reverted as long as one of the
//! reverts of it stands, and a revert stands unless it is itself reverted.

use super::edit_table::EditTable;
use super::kept_edit::{KeptEdit, Key, rev_of};
use crate::labels::label::{LabelKind, LabelSource};
use crate::user::UserType;
use rustc_hash::FxHashMap;

/// Statements remembered of one edit; more of them, as in an edit war, change no label that matters.
const MAX_STATEMENTS: usize = 8;

/// That an edit was reverted, according to one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statement {
    /// The reverting edit; 0 if only a tag says so.
    pub reverter: Key,
    pub time_ms: i64,
    pub source: LabelSource,
}

/// The content of the last label of an edit, to give a label only when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastLabel {
    pub reverter: Key,
    pub kind: LabelKind,
    pub source: LabelSource,
}

/// An edit with at least one statement that it was reverted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RevertedEdit {
    pub statements: Vec<Statement>,
    pub last_label: Option<LastLabel>,
    /// Labels given so far, the `update` of the next one.
    pub updates: u32,
    /// Whether a revert of it stands.
    pub is_reverted: bool,
}

/// A label to be given.
#[derive(Debug, Clone, Copy)]
pub(super) struct LabelChange {
    pub edit: KeptEdit,
    pub kind: LabelKind,
    pub source: LabelSource,
    pub reverter: Option<KeptEdit>,
    pub reverted_ms: i64,
    pub update: u32,
}

/// All statements about the edits of the window.
#[derive(Debug, Default)]
pub(super) struct RevertGraph {
    pub reverted: FxHashMap<Key, RevertedEdit>,
    /// By reverting edit, the edits that it reverts.
    pub reverts: FxHashMap<Key, Vec<Key>>,
}

impl RevertGraph {
    /// Adds a statement and the labels that change by it. Both edits are in the table.
    pub fn add(
        &mut self,
        table: &EditTable,
        edit: Key,
        new: Statement,
        window_ms: i64,
        changes: &mut Vec<LabelChange>,
    ) {
        let known = self.reverted.entry(edit).or_default();
        let same = known
            .statements
            .iter()
            .position(|old| old.reverter == new.reverter);
        match same {
            Some(at) if known.statements[at].source >= new.source => return,
            Some(at) => known.statements[at].source = new.source,
            None if known.statements.len() == MAX_STATEMENTS => return,
            None => {
                if known.statements.is_empty() {
                    known.statements.reserve_exact(1);
                }
                known.statements.push(new);
                if new.reverter != 0 {
                    let reverts = self.reverts.entry(new.reverter).or_default();
                    if reverts.is_empty() {
                        reverts.reserve_exact(1);
                    }
                    reverts.push(edit);
                }
            }
        }
        // The reverter too: that it is a revert changes what a revert of it means.
        let mut open = vec![new.reverter, edit];
        while let Some(key) = open.pop() {
            let Some(edit) = table.get(key) else {
                continue;
            };
            // After the window the label of an edit is final.
            if new.time_ms.saturating_sub(edit.time_ms) > window_ms {
                continue;
            }
            if self.settle(table, &edit, changes) {
                open.extend(self.reverts.get(&key).into_iter().flatten());
            }
        }
    }

    /// Decides again whether an edit is reverted, and by which statement; adds a label if that is
    /// news. Returns whether the edit went from reverted to standing or back.
    fn settle(
        &mut self,
        table: &EditTable,
        edit: &KeptEdit,
        changes: &mut Vec<LabelChange>,
    ) -> bool {
        let Some(known) = self.reverted.get(&edit.key) else {
            return false;
        };
        let (statement, is_reverted) = self.deciding(known);
        let tag = known.tag();
        let reverter = table.get(statement.reverter);
        let label = LastLabel {
            reverter: statement.reverter,
            kind: match is_reverted {
                true => self.kind(table, edit, reverter.as_ref()),
                false => LabelKind::Restored,
            },
            source: tag.map_or(statement.source, |tag| tag.source.max(statement.source)),
        };
        let known = self.reverted.get_mut(&edit.key);
        let known = known.expect("it was found above");
        let turned = known.is_reverted != is_reverted;
        known.is_reverted = is_reverted;
        // That an edit stands needs a label only if an earlier one said otherwise.
        let is_news = match known.last_label {
            Some(last) => last != label,
            None => is_reverted,
        };
        if is_news {
            changes.push(LabelChange {
                edit: *edit,
                kind: label.kind,
                source: label.source,
                reverter,
                reverted_ms: statement.time_ms,
                update: known.updates,
            });
            known.last_label = Some(label);
            known.updates = known.updates.saturating_add(1);
        }
        turned
    }

    /// The statement that decides about an edit, and whether the edit is reverted by it.
    fn deciding(&self, edit: &RevertedEdit) -> (Statement, bool) {
        // The strongest source first, then the earliest revert.
        let strength = |statement: &&Statement| {
            (
                std::cmp::Reverse(statement.source),
                statement.time_ms,
                statement.reverter,
            )
        };
        let stands = |statement: &&Statement| {
            let own = self.reverted.get(&statement.reverter);
            !own.is_some_and(|own| own.is_reverted)
        };
        let reverts = || edit.statements.iter().filter(|it| it.reverter != 0);
        if let Some(standing) = reverts().filter(stands).min_by_key(strength) {
            return (*standing, true);
        }
        if let Some(fallen) = reverts().min_by_key(strength) {
            return (*fallen, false);
        }
        // MediaWiki keeps the tag when the revert behind it is reverted. So a tag decides only if no
        // revert is known; otherwise it only confirms the source.
        let tag = edit.tag().expect("an entry has at least one statement");
        (*tag, true)
    }

    fn kind(&self, table: &EditTable, edit: &KeptEdit, reverter: Option<&KeptEdit>) -> LabelKind {
        let Some(reverter) = reverter else {
            return LabelKind::Damage;
        };
        if reverter.author().is_same_person(edit.author()) {
            return LabelKind::SelfRevert;
        }
        let is_bot = |edit: &KeptEdit| edit.user_type() == UserType::Bot;
        let traits = reverter.traits();
        // A bot that undoes what a user did fights vandalism; one that undoes a bot tidies up.
        let is_tidying = is_bot(reverter) && (!traits.undoes_users || is_bot(edit));
        if is_tidying || traits.is_automatic {
            return LabelKind::BotRevert;
        }
        let undone = self.reverts.get(&edit.key).into_iter().flatten();
        let is_dispute = undone
            .filter_map(|key| table.get(*key))
            .any(|undone| undone.author().is_same_person(reverter.author()));
        match is_dispute {
            true => LabelKind::RevertOfRevert,
            false => LabelKind::Damage,
        }
    }

    /// Forgets an edit that left the window.
    pub fn forget(&mut self, edit: Key) {
        self.reverted.remove(&edit);
        self.reverts.remove(&edit);
    }

    /// Whether a tag says that an edit was reverted.
    pub fn is_tagged(&self, edit: Key) -> bool {
        let is_tag = |statement: &Statement| statement.source == LabelSource::Tag;
        let known = self.reverted.get(&edit);
        known.is_some_and(|known| known.statements.iter().any(is_tag))
    }

    /// Bytes of memory held, with 16 bytes of overhead for each allocation.
    pub fn bytes(&self) -> usize {
        const ALLOCATION: usize = 16;
        let reverted = self.reverted.capacity() * (size_of::<(Key, RevertedEdit)>() + 1) * 8 / 7;
        let reverts = self.reverts.capacity() * (size_of::<(Key, Vec<Key>)>() + 1) * 8 / 7;
        let statements = self.reverted.len() * (size_of::<Statement>() + ALLOCATION);
        reverted + reverts + statements + self.reverts.len() * (size_of::<Key>() + ALLOCATION)
    }
}

impl RevertedEdit {
    /// The statement of a tag without a known revert.
    fn tag(&self) -> Option<&Statement> {
        self.statements.iter().find(|it| it.reverter == 0)
    }
}

impl Statement {
    /// Whether the statement is possible: a revert is newer than the edit that it reverts.
    pub fn may_concern(&self, edit: Key) -> bool {
        self.reverter == 0 || rev_of(self.reverter) > rev_of(edit)
    }
}
