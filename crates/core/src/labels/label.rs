//! The label of one revision, as it is handed on. Its JSON form is the contract
//! `docs/contracts/label.schema.json`.

use crate::time::EventTime;
use crate::user::UserType;
use serde::{Deserialize, Serialize};

/// Where a label is from, weakest first: a stronger source replaces a weaker one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum LabelSource {
    /// A rollback summary, or the tag `mw-rollback`: names the user, the run of edits is found.
    Rollback,
    /// A summary that names a revision: the one undone, or the one restored.
    Undo,
    /// The tag `mw-reverted`.
    Tag,
    /// `revision.revert` of `mediawiki.page_change.v1`.
    PageChange,
}

impl LabelSource {
    /// Every source, weakest first.
    pub const ALL: [LabelSource; 4] = [
        LabelSource::Rollback,
        LabelSource::Undo,
        LabelSource::Tag,
        LabelSource::PageChange,
    ];

    /// The name used on the wire and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            LabelSource::Rollback => "rollback",
            LabelSource::Undo => "undo",
            LabelSource::Tag => "tag",
            LabelSource::PageChange => "page_change",
        }
    }
}

/// What a revert says about the edit it reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum LabelKind {
    /// Reverted by someone else: the only kind that counts as damage.
    Damage,
    /// Reverted by its own author.
    SelfRevert,
    /// Reverted by an edit flagged as a bot's: clean-up.
    BotRevert,
    /// A revert, reverted by the author of an edit it had undone: a dispute.
    RevertOfRevert,
    /// Had been reverted, but the revert was itself reverted: the edit stands. Takes back what was
    /// said of the revision before.
    Restored,
}

impl LabelKind {
    /// Every kind.
    pub const ALL: [LabelKind; 5] = [
        LabelKind::Damage,
        LabelKind::SelfRevert,
        LabelKind::BotRevert,
        LabelKind::RevertOfRevert,
        LabelKind::Restored,
    ];

    /// The name used on the wire and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            LabelKind::Damage => "damage",
            LabelKind::SelfRevert => "self_revert",
            LabelKind::BotRevert => "bot_revert",
            LabelKind::RevertOfRevert => "revert_of_revert",
            LabelKind::Restored => "restored",
        }
    }

    /// Whether the edit counts as damage.
    pub const fn is_damage(self) -> bool {
        matches!(self, LabelKind::Damage)
    }

    /// Whether the edit may serve as a good one: it stands. Edits of the other kinds that are no
    /// damage are neither good nor bad and best left out.
    pub const fn is_good(self) -> bool {
        matches!(self, LabelKind::Restored)
    }
}

/// What is known of one reverted revision. The label with the highest `update` of a revision
/// replaces all before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Database name of the wiki, e.g. `enwiki`.
    pub wiki: String,
    /// The revision that was reverted.
    pub rev_id: i64,
    /// Title of its page, as the event that gave the label has it.
    pub page_title: String,
    /// When the revision was made.
    pub edit_time: EventTime,
    /// What the revert says about it.
    pub kind: LabelKind,
    /// The strongest source that says it was reverted.
    pub source: LabelSource,
    /// The revision that reverted it; `None` if only a tag says so.
    pub reverting_rev_id: Option<i64>,
    /// Who reverted it; `None` if not known.
    pub reverting_user_type: Option<UserType>,
    /// When it was reverted, or, if only a tag says so, when the tag was set.
    pub reverted_at: EventTime,
    /// Seconds from the edit to its revert, not negative.
    pub delay_seconds: i64,
    /// How many labels of this revision came before.
    pub update: u32,
}
