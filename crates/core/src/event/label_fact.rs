//! Facts that labels are made from: what an edit reverts, by `page_change`, and the tags of
//! reverting and reverted edits, by `revision-tags-change`.

use super::EventError;
use super::recentchange::required;
use super::wire::Wire;
use crate::text::Text;
use crate::time::EventTime;
use serde::{Deserialize, Serialize};

/// The revisions of a page that an edit reverted: `revision.revert` of `mediawiki/page/change`
/// (1.12.0). Those between the two on that page, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevertRange {
    /// `rev_reverted_oldest_id`.
    pub oldest: i64,
    /// `rev_reverted_newest_id`.
    pub newest: i64,
}

/// The tags that say of an edit that it was reverted, or that it reverts
/// (<https://www.mediawiki.org/wiki/Manual:Reverts>).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevertTags {
    /// `mw-reverted`: a later edit reverted this one.
    pub reverted: bool,
    /// `mw-rollback`: this one is a rollback.
    pub rollback: bool,
    /// `mw-undo`: this one undoes others.
    pub undo: bool,
    /// `mw-manual-revert`: this one restores an earlier text by hand.
    pub manual_revert: bool,
}

impl RevertTags {
    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.bits() == 0
    }

    /// One bit for each, in the order of the fields.
    pub(crate) const fn bits(self) -> u8 {
        self.reverted as u8
            | (self.rollback as u8) << 1
            | (self.undo as u8) << 2
            | (self.manual_revert as u8) << 3
    }

    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self {
            reverted: bits & 1 != 0,
            rollback: bits & 2 != 0,
            undo: bits & 4 != 0,
            manual_revert: bits & 8 != 0,
        }
    }

    /// Those that are among `now` and not among `before`.
    fn added(now: &[Text<'_>], before: &[Text<'_>]) -> Self {
        let is_new = |tag: &str| {
            let among = |tags: &[Text<'_>]| tags.iter().any(|it| it.as_str() == tag);
            among(now) && !among(before)
        };
        Self {
            reverted: is_new("mw-reverted"),
            rollback: is_new("mw-rollback"),
            undo: is_new("mw-undo"),
            manual_revert: is_new("mw-manual-revert"),
        }
    }
}

/// A change of the tags of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagChange<'a> {
    /// Database name of the wiki.
    pub wiki: Text<'a>,
    /// Title of the page, with spaces.
    pub page_title: Text<'a>,
    /// The revision.
    pub rev_id: i64,
    /// When the tags changed.
    pub time: EventTime,
    /// Tags about reverts that it did not have before.
    pub added: RevertTags,
}

impl<'a> TagChange<'a> {
    pub(super) fn of(wire: Wire<'a>, time: Option<EventTime>) -> Result<Self, EventError> {
        let title = required(wire.page_title, "page_title")?;
        let before = wire.prior_state.and_then(|prior| prior.tags);
        Ok(Self {
            wiki: required(wire.database, "database")?,
            page_title: match title.contains('_') {
                true => Text::from(title.replace('_', " ")),
                false => title,
            },
            rev_id: wire.rev_id.ok_or(EventError::Missing { field: "rev_id" })?,
            time: time.ok_or(EventError::Missing { field: "meta.dt" })?,
            added: RevertTags::added(
                wire.tags.as_deref().unwrap_or_default(),
                before.as_deref().unwrap_or_default(),
            ),
        })
    }

    /// The key of the event's record: `wiki:page title`.
    pub fn key(&self) -> String {
        format!("{}:{}", self.wiki, self.page_title)
    }
}
