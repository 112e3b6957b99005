//! Facts that labels are made from: the revisions that an edit reverts, from `page_change`, and the
//! tags of reverting and reverted edits, from `revision-tags-change`.

use super::error::EventError;
use super::wire::{Wire, required, with_spaces};
use crate::text::Text;
use crate::time::EventTime;
use serde::{Deserialize, Serialize};

/// The revisions of a page that an edit reverted, both ends included: `revision.revert` of
/// `mediawiki/page/change` from 1.12.0 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevertRange {
    /// From the field `rev_reverted_oldest_id`.
    pub oldest: i64,
    /// From the field `rev_reverted_newest_id`.
    pub newest: i64,
}

impl RevertRange {
    /// `None` unless the event says that the edit is a revert and names both ends.
    pub(super) fn of(wire: &Wire<'_>) -> Option<Self> {
        let revert = wire.revision.as_ref()?.revert.as_ref()?;
        Some(Self {
            oldest: (*revert.rev_reverted_oldest_id)?,
            newest: (*revert.rev_reverted_newest_id)?,
        })
    }
}

/// The tags that mark an edit as reverted or as reverting others
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
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The tags that are in `now` and not in `before`.
    fn added(now: &[Text<'_>], before: &[Text<'_>]) -> Self {
        let is_new = |tag: &str| {
            let is_in = |tags: &[Text<'_>]| tags.iter().any(|it| it.as_str() == tag);
            is_in(now) && !is_in(before)
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
    pub rev_id: i64,
    /// When the tags changed.
    pub time: EventTime,
    /// The tags about reverts that the revision did not have before.
    pub added: RevertTags,
}

impl<'a> TagChange<'a> {
    pub(super) fn of(
        wire: Wire<'a>,
        time: Result<EventTime, EventError>,
    ) -> Result<Self, EventError> {
        let before = wire.prior_state.0.and_then(|prior| prior.tags.0);
        let page_title = with_spaces(required(wire.page_title, "page_title")?);
        Ok(Self {
            wiki: required(wire.database, "database")?,
            page_title,
            rev_id: wire
                .rev_id
                .0
                .ok_or(EventError::Missing { field: "rev_id" })?,
            time: time?,
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
