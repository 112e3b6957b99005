//! The labeler's input, its limits, and its counters.

use crate::edit::Edit;
use crate::event::RevertRange;
use crate::labels::maturity::MATURITY_MS;
use crate::text::Text;
use crate::time::EventTime;
use crate::user::UserType;

/// How long and how much the labeler remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelerSettings {
    /// How long after an edit a revert of it counts, in milliseconds.
    pub window_ms: i64,
    /// How much longer edits are kept, for events that come late, in milliseconds.
    pub margin_ms: i64,
    /// How long a fact about an edit that has not come yet is held, in milliseconds.
    pub hold_ms: i64,
    /// The most edits kept, up to 2^31; beyond it the oldest are dropped.
    pub max_edits: usize,
}

impl Default for LabelerSettings {
    /// A window of 48 hours and one more, 10 minutes, 10 million edits.
    fn default() -> Self {
        Self {
            window_ms: MATURITY_MS,
            margin_ms: 3_600_000,
            hold_ms: 600_000,
            max_edits: 10_000_000,
        }
    }
}

/// The fields of an edit that the labeler uses.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenEdit<'a> {
    /// Database name of the wiki.
    pub wiki: Text<'a>,
    /// Title of the page, with spaces.
    pub page_title: Text<'a>,
    /// Stays when the page is moved; `None` if the event lacks it.
    pub page_id: Option<i64>,
    pub rev_id: i64,
    /// The revision before it on the page; `None` for a new page.
    pub rev_old_id: Option<i64>,
    /// The user's name; `None` if hidden.
    pub user: Option<Text<'a>>,
    pub user_type: UserType,
    pub event_time: EventTime,
    /// The edit summary; `None` if hidden.
    pub comment: Option<Text<'a>>,
    /// The revisions that it reverts according to the event.
    pub revert: Option<RevertRange>,
}

impl<'a> SeenEdit<'a> {
    /// `None` for an edit without a revision id, which cannot be labelled.
    pub fn of(edit: &'a Edit<'_>, revert: Option<RevertRange>) -> Option<Self> {
        Some(Self {
            wiki: edit.wiki.as_str().into(),
            page_title: edit.page_title.as_str().into(),
            page_id: edit.page_id,
            rev_id: edit.rev_id?,
            rev_old_id: edit.rev_old_id,
            user: edit.user.as_deref().map(Text::from),
            user_type: edit.user_type,
            event_time: edit.event_time,
            comment: edit.comment.as_deref().map(Text::from),
            revert,
        })
    }

    /// The same edit with copies of its texts.
    pub fn into_owned(self) -> SeenEdit<'static> {
        SeenEdit {
            wiki: self.wiki.into_owned(),
            page_title: self.page_title.into_owned(),
            user: self.user.map(Text::into_owned),
            comment: self.comment.map(Text::into_owned),
            ..self
        }
    }
}

/// Counts since the labeler was made, for metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JoinCounters {
    /// All edits, including the duplicate and the unusable ones.
    pub edits: u64,
    /// Edits that had come before, also from another stream.
    pub duplicates: u64,
    /// Edits and changes of tags older than the window, or with ids out of range.
    pub unusable: u64,
    /// Edits dropped within the window because of `max_edits`.
    pub dropped: u64,
    /// Reverts whose summary does not say what they undo.
    pub manual: u64,
    /// Reverts whose summary contradicts the page: it names another page's revision, or a user whose
    /// edit was not the last one.
    pub contradicted: u64,
    /// Labels given, including updates of earlier ones.
    pub labels: u64,
}
