//! What is said of each revision, and what follows from it: an edit is reverted as long as one of
//! the reverts of it stands, and a revert stands unless it is itself reverted.

use super::table::{Entry, Key, Table, rev_of};
use crate::labels::{LabelKind, LabelSource};
use rustc_hash::FxHashMap;

/// Reverts remembered of one revision; a longer war changes nothing that is worth knowing.
const MAX_EVIDENCE: usize = 8;
/// User types as the table keeps them; 0 is unknown.
pub(super) const BOT: u8 = 3;

/// One statement that a revision was reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Evidence {
    /// The reverting edit; 0 if only a tag says so.
    pub reverter: Key,
    pub time_ms: i64,
    pub source: LabelSource,
}

/// What a label said, to notice when there is something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub reverter: Key,
    pub kind: LabelKind,
    pub source: LabelSource,
}

/// A revision of which someone says that it was reverted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reverted {
    pub evidence: Vec<Evidence>,
    pub said: Option<Said>,
    /// Labels given so far.
    pub updates: u32,
    /// Whether a revert of it stands.
    pub stands: bool,
}

/// A label to be given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    pub edit: Entry,
    pub kind: LabelKind,
    pub source: LabelSource,
    pub reverter: Option<Entry>,
    pub reverted_ms: i64,
    pub update: u32,
}

/// All statements about the edits of the window.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    pub reverted: FxHashMap<Key, Reverted>,
    /// Of each reverting edit, what it reverted.
    pub reverts: FxHashMap<Key, Vec<Key>>,
}

impl Verdicts {
    /// Takes in a statement; both edits are in the table. Gives the verdicts that change by it.
    pub fn add(
        &mut self,
        table: &Table,
        edit: Key,
        new: Evidence,
        window_ms: i64,
        verdicts: &mut Vec<Verdict>,
    ) {
        let known = self.reverted.entry(edit).or_default();
        let same = known
            .evidence
            .iter()
            .position(|old| old.reverter == new.reverter);
        match same {
            Some(at) if known.evidence[at].source >= new.source => return,
            Some(at) => known.evidence[at].source = new.source,
            None if known.evidence.len() == MAX_EVIDENCE => return,
            None => {
                if known.evidence.is_empty() {
                    known.evidence.reserve_exact(1);
                }
                known.evidence.push(new);
                if new.reverter != 0 {
                    let reverts = self.reverts.entry(new.reverter).or_default();
                    if reverts.is_empty() {
                        reverts.reserve_exact(1);
                    }
                    reverts.push(edit);
                }
            }
        }
        // What is older than the window of an edit is final for it.
        // That an edit is a revert changes what a revert of it means.
        let mut open = vec![new.reverter, edit];
        while let Some(edit) = open.pop() {
            let Some(entry) = table.get(edit) else {
                continue;
            };
            if new.time_ms.saturating_sub(entry.time_ms) > window_ms {
                continue;
            }
            if self.settle(table, &entry, verdicts) {
                open.extend(self.reverts.get(&edit).into_iter().flatten());
            }
        }
    }

    /// Says what now holds of an edit; whether it changed sides.
    fn settle(&mut self, table: &Table, edit: &Entry, verdicts: &mut Vec<Verdict>) -> bool {
        let Some(known) = self.reverted.get(&edit.key) else {
            return false;
        };
        let stands = |evidence: &&Evidence| {
            let own = self.reverted.get(&evidence.reverter);
            evidence.reverter != 0 && !own.is_some_and(|own| own.stands)
        };
        let tag = known
            .evidence
            .iter()
            .find(|evidence| evidence.reverter == 0);
        // The strongest revert that stands, and of equals the first.
        let strength = |evidence: &&Evidence| {
            (
                std::cmp::Reverse(evidence.source),
                evidence.time_ms,
                evidence.reverter,
            )
        };
        let standing = known.evidence.iter().filter(stands).min_by_key(strength);
        let fallen = || {
            let fallen = known
                .evidence
                .iter()
                .filter(|evidence| evidence.reverter != 0);
            fallen.min_by_key(strength)
        };
        // A tag is not taken off when the revert behind it falls: alone it counts, beside reverts
        // that are known it only confirms them.
        let (evidence, now) = match (standing, fallen(), tag) {
            (Some(revert), ..) => (*revert, true),
            (None, Some(revert), _) => (*revert, false),
            (None, None, Some(tag)) => (*tag, true),
            (None, None, None) => return false,
        };
        let reverter = table.get(evidence.reverter);
        let said = Said {
            reverter: evidence.reverter,
            kind: match now {
                true => self.kind(table, edit, reverter.as_ref()),
                false => LabelKind::Restored,
            },
            source: evidence
                .source
                .max(tag.map_or(evidence.source, |tag| tag.source)),
        };
        let Some(known) = self.reverted.get_mut(&edit.key) else {
            return false;
        };
        let turned = known.stands != now;
        known.stands = now;
        // An edit of which nothing was said needs no word that it stands.
        let is_news = match known.said {
            Some(old) => old != said,
            None => now,
        };
        if is_news {
            verdicts.push(Verdict {
                edit: *edit,
                kind: said.kind,
                source: said.source,
                reverter,
                reverted_ms: evidence.time_ms,
                update: known.updates,
            });
            known.said = Some(said);
            known.updates = known.updates.saturating_add(1);
        }
        turned
    }

    fn kind(&self, table: &Table, edit: &Entry, reverter: Option<&Entry>) -> LabelKind {
        let Some(reverter) = reverter else {
            return LabelKind::Damage;
        };
        if reverter.user != 0 && reverter.user == edit.user {
            return LabelKind::SelfRevert;
        }
        if reverter.user_type() == BOT {
            return LabelKind::BotRevert;
        }
        let undone = self.reverts.get(&edit.key).into_iter().flatten();
        let is_dispute = undone
            .filter_map(|key| table.get(*key))
            .any(|undone| reverter.user != 0 && undone.user == reverter.user);
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
        let known = self.reverted.get(&edit);
        known.is_some_and(|known| {
            known
                .evidence
                .iter()
                .any(|evidence| evidence.source == LabelSource::Tag)
        })
    }

    /// Bytes of memory held, to the size of the allocator's own books.
    pub fn bytes(&self) -> usize {
        const ALLOCATION: usize = 16;
        let reverted = self.reverted.capacity() * (size_of::<(Key, Reverted)>() + 1) * 8 / 7;
        let reverts = self.reverts.capacity() * (size_of::<(Key, Vec<Key>)>() + 1) * 8 / 7;
        let evidence = self.reverted.len() * (size_of::<Evidence>() + ALLOCATION);
        reverted + reverts + evidence + self.reverts.len() * (size_of::<Key>() + ALLOCATION)
    }
}

impl Evidence {
    /// Whether the statement can be: a revert comes after what it reverts, on the same wiki.
    pub fn may_concern(&self, edit: Key) -> bool {
        self.reverter == 0 || rev_of(self.reverter) > rev_of(edit)
    }
}
