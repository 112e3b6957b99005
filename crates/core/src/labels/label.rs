//! The label of one revision. Its JSON form is the contract `docs/contracts/label.schema.json`.

use crate::time::EventTime;
use crate::user::UserType;
use serde::{Deserialize, Serialize};

/// Where a label comes from, weakest first: a stronger source replaces a weaker one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelSource {
    /// A rollback summary or the tag `mw-rollback`: it names at most the user, and the join finds the
    /// edits.
    Rollback,
    /// A summary that names a revision: the one undone, or the one restored.
    Undo,
    /// The tag `mw-reverted` on the edit.
    Tag,
    /// The field `revision.revert` of `mediawiki.page_change.v1`.
    PageChange,
}

impl LabelSource {
    /// All sources, weakest first.
    pub const ALL: [LabelSource; 4] = [
        LabelSource::Rollback,
        LabelSource::Undo,
        LabelSource::Tag,
        LabelSource::PageChange,
    ];

    /// The name in JSON and in tables.
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
pub enum LabelKind {
    /// Reverted by another user: the only kind that counts as damage.
    Damage,
    /// Reverted by its own author.
    SelfRevert,
    /// Reverted by a program that tidies up.
    BotRevert,
    /// A revert that the author of an undone edit reverted: a dispute.
    RevertOfRevert,
    /// The revert was itself reverted, so the edit stands. Takes back earlier labels of the revision.
    Restored,
}

impl LabelKind {
    pub const ALL: [LabelKind; 5] = [
        LabelKind::Damage,
        LabelKind::SelfRevert,
        LabelKind::BotRevert,
        LabelKind::RevertOfRevert,
        LabelKind::Restored,
    ];

    /// The name in JSON and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            LabelKind::Damage => "damage",
            LabelKind::SelfRevert => "self_revert",
            LabelKind::BotRevert => "bot_revert",
            LabelKind::RevertOfRevert => "revert_of_revert",
            LabelKind::Restored => "restored",
        }
    }
}

/// How and by what one revision was reverted. The label with the highest `update` replaces all
/// earlier ones of the revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Database name of the wiki, e.g. `enwiki`.
    pub wiki: String,
    /// The revision that was reverted.
    pub rev_id: i64,
    /// Title of its page, from the event that led to the label.
    pub page_title: String,
    /// When the revision was made.
    pub edit_time: EventTime,
    pub kind: LabelKind,
    /// The strongest source that says it was reverted.
    pub source: LabelSource,
    /// The revision that reverted it; `None` if only a tag says so.
    pub reverting_rev_id: Option<i64>,
    /// Who reverted it; `None` if not known.
    pub reverting_user_type: Option<UserType>,
    /// When it was reverted; if only a tag says so, when the tag was set.
    pub reverted_at: EventTime,
    /// Seconds from the edit to its revert, not negative.
    pub delay_seconds: i64,
    /// Number of earlier labels of this revision.
    pub update: u32,
}
