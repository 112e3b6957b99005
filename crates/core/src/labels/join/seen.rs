//! What the labeler takes in, what it is told to remember, and what it counts.

use crate::edit::Edit;
use crate::event::RevertRange;
use crate::labels::MATURITY_MS;
use crate::time::EventTime;
use crate::user::UserType;
use serde::{Deserialize, Serialize};

/// How long and how much the labeler remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelerSettings {
    /// How long after an edit a revert of it counts, in milliseconds.
    pub window_ms: i64,
    /// How much longer edits are kept, for events that come late, in milliseconds.
    pub margin_ms: i64,
    /// How long a statement about an edit that has not come yet is held, in milliseconds.
    pub hold_ms: i64,
    /// Edits kept at most, up to 2^31; beyond, the oldest are dropped.
    pub max_edits: usize,
}

impl Default for LabelerSettings {
    /// 48 hours and one more, 10 minutes, 10 million edits.
    fn default() -> Self {
        Self {
            window_ms: MATURITY_MS,
            margin_ms: 3_600_000,
            hold_ms: 600_000,
            max_edits: 10_000_000,
        }
    }
}

/// What the labeler sees of an edit.
#[derive(Debug, Clone, Copy)]
pub struct SeenEdit<'a> {
    /// Database name of the wiki.
    pub wiki: &'a str,
    /// Title of the page, with spaces.
    pub page_title: &'a str,
    /// The revision made.
    pub rev_id: i64,
    /// The revision before it on the page.
    pub rev_old_id: Option<i64>,
    /// Who made it; `None` if hidden.
    pub user: Option<&'a str>,
    /// What kind of user.
    pub user_type: UserType,
    /// When.
    pub event_time: EventTime,
    /// The edit summary.
    pub comment: Option<&'a str>,
    /// What the event itself says that it reverts.
    pub revert: Option<RevertRange>,
}

impl<'a> SeenEdit<'a> {
    /// From an edit and what its event says that it reverts; `None` without a revision.
    pub fn of(edit: &'a Edit<'_>, revert: Option<RevertRange>) -> Option<Self> {
        Some(Self {
            wiki: &edit.wiki,
            page_title: &edit.page_title,
            rev_id: edit.rev_id?,
            rev_old_id: edit.rev_old_id,
            user: edit.user.as_deref(),
            user_type: edit.user_type,
            event_time: edit.event_time,
            comment: edit.comment.as_deref(),
            revert,
        })
    }
}

/// What the labeler met, for metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinCounters {
    /// Edits taken in.
    pub edits: u64,
    /// Edits that had come before.
    pub duplicates: u64,
    /// Edits and tags older than the window, or with ids that cannot be kept.
    pub unusable: u64,
    /// Edits dropped before their time because there were too many.
    pub dropped: u64,
    /// Reverts of which the summary does not say what they undo.
    pub manual: u64,
    /// Reverts whose summary does not fit the page: another user's edit came last, another page's
    /// revision is named.
    pub contradicted: u64,
    /// Labels given, updates included.
    pub labels: u64,
}
