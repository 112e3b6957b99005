//! The join of edits and reverts: a state machine fed with the events of the streams in their
//! order, giving labels. Bounded by age and by number; the same events give the same labels.

mod seen;
mod state;
mod table;
mod verdict;
mod waiting;

pub use seen::{JoinCounters, LabelerSettings, SeenEdit};
pub use state::StateError;

use super::{Label, LabelSource, RevertSummary};
use crate::event::{RevertTags, TagChange};
use crate::time::EventTime;
use crate::user::UserType;
use rustc_hash::FxHashMap;
use table::{Entry, Key, MAX_REV, REV_BITS, Table, rev_of, sibling};
use verdict::{Evidence, Verdict, Verdicts};
use waiting::{Held, Waiting, Walk};
use xxhash_rust::xxh3::xxh3_64;

/// Edits that one revert may undo; beyond it is a page's history, not its last damage.
const MAX_STEPS: u16 = 1_000;

/// The state machine. See the module's contract in `docs/contracts/labels.md`.
#[derive(Debug)]
pub struct Labeler {
    settings: LabelerSettings,
    wikis: Vec<String>,
    numbers: FxHashMap<String, u16>,
    edits: Table,
    verdicts: Verdicts,
    waiting: Waiting,
    /// Of an edit, the one after it that says that it reverts, but not what.
    claims: FxHashMap<Key, Key>,
    now_ms: i64,
    counters: JoinCounters,
    /// Kept between calls only to be reused.
    found: Vec<Verdict>,
}

fn fingerprint(text: &str) -> u32 {
    (xxh3_64(text.as_bytes()) as u32).max(1)
}

fn name_of(user: Option<&str>) -> u32 {
    user.map_or(0, fingerprint)
}

const fn type_number(user_type: UserType) -> u8 {
    match user_type {
        UserType::Registered => 1,
        UserType::Anonymous => 2,
        UserType::Bot => verdict::BOT,
    }
}

const fn type_of(number: u8) -> Option<UserType> {
    match number {
        1 => Some(UserType::Registered),
        2 => Some(UserType::Anonymous),
        verdict::BOT => Some(UserType::Bot),
        _ => None,
    }
}

/// A revision id that can be kept.
fn usable(rev_id: i64) -> Option<u64> {
    u64::try_from(rev_id)
        .ok()
        .filter(|rev| (1..=MAX_REV).contains(rev))
}

impl Labeler {
    /// A labeler that has seen nothing.
    pub fn new(settings: LabelerSettings) -> Self {
        Self {
            settings: LabelerSettings {
                window_ms: settings.window_ms.max(0),
                margin_ms: settings.margin_ms.max(0),
                hold_ms: settings.hold_ms.max(0),
                // Places are numbered in 32 bits, which must not go round.
                max_edits: settings.max_edits.clamp(1, 1 << 31),
            },
            wikis: Vec::new(),
            numbers: FxHashMap::default(),
            edits: Table::default(),
            verdicts: Verdicts::default(),
            waiting: Waiting::default(),
            claims: FxHashMap::default(),
            now_ms: i64::MIN,
            counters: JoinCounters::default(),
            found: Vec::new(),
        }
    }

    /// Takes in an edit and adds the labels that follow from it.
    pub fn edit(&mut self, edit: &SeenEdit<'_>, labels: &mut Vec<Label>) {
        self.counters.edits += 1;
        let time_ms = edit.event_time.as_millis();
        let Some(key) = self.admit(edit.wiki, edit.rev_id, time_ms) else {
            return;
        };
        let entry = Entry::new(
            key,
            edit.rev_old_id.and_then(usable).unwrap_or(0),
            type_number(edit.user_type),
            time_ms,
            fingerprint(edit.page_title),
            name_of(edit.user),
        );
        // The other stream may say more about the same edit, so its statements count either way.
        let entry = match self.edits.get(key) {
            Some(known) => {
                self.counters.duplicates += 1;
                known
            }
            None => {
                self.edits.push(entry);
                entry
            }
        };
        for held in self.waiting.take(key) {
            match held {
                Held::Walk(walk) => self.walk(walk),
                Held::Tagged { tags, time_ms } => self.tagged(&entry, tags, time_ms),
            }
        }
        self.revert(&entry, edit);
        self.shrink();
        self.give(edit.page_title, labels);
    }

    /// Takes in a change of tags and adds the labels that follow from it.
    pub fn tags(&mut self, change: &TagChange<'_>, labels: &mut Vec<Label>) {
        let time_ms = change.time.as_millis();
        if change.added.is_empty() {
            return;
        }
        let Some(key) = self.admit(&change.wiki, change.rev_id, time_ms) else {
            return;
        };
        let tags = change.added.bits();
        match self.edits.get(key) {
            Some(entry) => self.tagged(&entry, tags, time_ms),
            None => {
                let until = self.now_ms.saturating_add(self.settings.hold_ms);
                self.waiting
                    .hold(key, Held::Tagged { tags, time_ms }, until);
            }
        }
        self.shrink();
        self.give(&change.page_title, labels);
    }

    /// The time of the latest event, the labeler's clock; `None` before the first.
    pub fn stream_now(&self) -> Option<EventTime> {
        EventTime::from_millis(self.now_ms)
    }

    /// What was met so far.
    pub fn counters(&self) -> JoinCounters {
        self.counters
    }

    /// Edits remembered.
    pub fn edits_held(&self) -> usize {
        self.edits.len()
    }

    /// Bytes of memory held, without what waits for its edit.
    pub fn memory_bytes(&self) -> usize {
        let claims = self.claims.capacity() * (size_of::<(Key, Key)>() + 1) * 8 / 7;
        self.edits.bytes() + self.verdicts.bytes() + claims
    }

    /// The key of an event's revision, if the event can be used; moves the clock.
    fn admit(&mut self, wiki: &str, rev_id: i64, time_ms: i64) -> Option<Key> {
        let kept_ms = self
            .settings
            .window_ms
            .saturating_add(self.settings.margin_ms);
        let is_late = self.now_ms.saturating_sub(kept_ms) > time_ms && self.now_ms > i64::MIN;
        let key = match (is_late, usable(rev_id), self.number(wiki)) {
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

    fn number(&mut self, wiki: &str) -> Option<u16> {
        if let Some(number) = self.numbers.get(wiki) {
            return Some(*number);
        }
        let number = u16::try_from(self.wikis.len()).ok()?;
        self.wikis.push(wiki.to_owned());
        self.numbers.insert(wiki.to_owned(), number);
        Some(number)
    }

    /// Follows what the event and its summary say that an edit reverts.
    fn revert(&mut self, entry: &Entry, edit: &SeenEdit<'_>) {
        let walk = Walk {
            reverter: entry.key,
            at: entry.parent(),
            floor: 1,
            page: entry.page,
            user: 0,
            is_run: false,
            source: LabelSource::Undo,
            steps: 0,
        };
        if let Some((oldest, newest)) = edit
            .revert
            .and_then(|range| Some((usable(range.oldest)?, usable(range.newest)?)))
        {
            self.walk(Walk {
                at: newest,
                floor: oldest,
                source: LabelSource::PageChange,
                ..walk
            });
        }
        let Some(said) = edit
            .comment
            .and_then(|comment| RevertSummary::read(edit.wiki, comment))
        else {
            return;
        };
        match said {
            RevertSummary::Undo { rev_id, user } => {
                let Some(rev) = usable(rev_id) else { return };
                self.walk(Walk {
                    at: rev,
                    floor: rev,
                    user: name_of(user.as_deref()),
                    ..walk
                });
            }
            RevertSummary::ToRevision { rev_id } => {
                let Some(rev) = usable(rev_id) else { return };
                self.walk(Walk {
                    floor: rev + 1,
                    ..walk
                });
            }
            RevertSummary::Rollback { user, .. } => self.walk(Walk {
                user: name_of(user.as_deref()),
                is_run: true,
                source: LabelSource::Rollback,
                ..walk
            }),
            RevertSummary::Manual => {
                self.counters.manual += 1;
                self.claim(entry);
            }
        }
    }

    /// Goes down the history of the page from a revert, as far as it reaches.
    fn walk(&mut self, mut walk: Walk) {
        let is_single = walk.at == walk.floor && !walk.is_run;
        while walk.at >= walk.floor && walk.at < rev_of(walk.reverter) && walk.steps < MAX_STEPS {
            let key = sibling(walk.reverter, walk.at);
            let Some(entry) = self.edits.get(key) else {
                let until = self.now_ms.saturating_add(self.settings.hold_ms);
                self.waiting.hold(key, Held::Walk(walk), until);
                return;
            };
            let is_same_user = walk.user == 0 || entry.user == walk.user;
            let goes_on = match is_single {
                // A page that was moved has another title, but its author tells.
                true => entry.page == walk.page || (walk.user != 0 && is_same_user),
                false => entry.page == walk.page && is_same_user,
            };
            if !goes_on {
                self.counters.contradicted += u64::from(walk.steps == 0);
                return;
            }
            if walk.is_run && walk.user == 0 {
                walk.user = entry.user;
            }
            let Some(reverter) = self.edits.get(walk.reverter) else {
                return;
            };
            let evidence = Evidence {
                reverter: walk.reverter,
                time_ms: reverter.time_ms,
                source: walk.source,
            };
            self.say(&entry, evidence);
            // Two hidden names in a row may be two users.
            let is_nobodys = walk.is_run && walk.user == 0;
            if entry.parent() == 0 || is_nobodys {
                return;
            }
            walk.at = entry.parent();
            walk.steps += 1;
        }
    }

    /// Takes in what was said of an edit, if it was reverted in time.
    fn say(&mut self, edit: &Entry, evidence: Evidence) {
        let delay_ms = evidence.time_ms.saturating_sub(edit.time_ms);
        if delay_ms <= self.settings.window_ms && evidence.may_concern(edit.key) {
            let window_ms = self.settings.window_ms;
            self.verdicts
                .add(&self.edits, edit.key, evidence, window_ms, &mut self.found);
        }
    }

    /// Follows the tags that an edit got.
    fn tagged(&mut self, edit: &Entry, tags: u8, time_ms: i64) {
        let tags = RevertTags::from_bits(tags);
        if tags.rollback {
            // The tag is set by MediaWiki's own rollback: the author of the revision before is the
            // one whose edits are undone.
            self.walk(Walk {
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
            let tag = |reverter, time_ms| Evidence {
                reverter,
                time_ms,
                source: LabelSource::Tag,
            };
            let claim = self.claims.get(&edit.key).copied();
            match claim.and_then(|reverter| self.edits.get(reverter)) {
                Some(reverter) => self.say(edit, tag(reverter.key, reverter.time_ms)),
                None => self.say(edit, tag(0, time_ms)),
            }
        }
    }

    /// Notes that an edit reverts at least the one before it, if a tag says that something did.
    fn claim(&mut self, reverter: &Entry) {
        let reverted = sibling(reverter.key, reverter.parent());
        if reverter.parent() == 0 || self.claims.contains_key(&reverted) {
            return;
        }
        self.claims.insert(reverted, reverter.key);
        if self.verdicts.is_tagged(reverted)
            && let Some(edit) = self.edits.get(reverted)
        {
            let evidence = Evidence {
                reverter: reverter.key,
                time_ms: reverter.time_ms,
                source: LabelSource::Tag,
            };
            self.say(&edit, evidence);
        }
    }

    /// Forgets what is too old or too much.
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
            self.verdicts.forget(first.key);
            self.claims.remove(&first.key);
        }
    }

    /// Turns what was found into labels.
    fn give(&mut self, page_title: &str, labels: &mut Vec<Label>) {
        for verdict in self.found.drain(..) {
            let wiki = &self.wikis[(verdict.edit.key >> REV_BITS) as usize];
            let edit_ms = verdict.edit.time_ms;
            let at = |ms| EventTime::from_millis(ms).unwrap_or_default();
            labels.push(Label {
                wiki: wiki.clone(),
                rev_id: rev_of(verdict.edit.key) as i64,
                page_title: page_title.to_owned(),
                edit_time: at(edit_ms),
                kind: verdict.kind,
                source: verdict.source,
                reverting_rev_id: verdict.reverter.map(|entry| rev_of(entry.key) as i64),
                reverting_user_type: verdict
                    .reverter
                    .and_then(|entry| type_of(entry.user_type())),
                reverted_at: at(verdict.reverted_ms),
                delay_seconds: verdict.reverted_ms.saturating_sub(edit_ms).max(0) / 1_000,
                update: verdict.update,
            });
            self.counters.labels += 1;
        }
    }
}

#[cfg(test)]
mod tests;
