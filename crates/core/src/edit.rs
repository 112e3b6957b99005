//! The canonical record of one edit from any stream. A field that the stream does not have is `None`,
//! which is a missing value for the model.

use crate::text::Text;
use crate::time::EventTime;
use crate::user::UserType;
use serde::{Deserialize, Serialize};

/// Whether an edit changed a page or created it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EditType {
    /// A new revision of a page that existed.
    Edit,
    /// The first revision of a page.
    New,
}

impl EditType {
    /// The name in JSON and in the lake.
    pub const fn name(self) -> &'static str {
        match self {
            EditType::Edit => "edit",
            EditType::New => "new",
        }
    }
}

/// An edit with what was known of it when it was made. Its JSON form is the contract
/// `docs/contracts/edit.schema.json`; the lake's columns have the same names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edit<'a> {
    /// `meta.id`: a UUID, unique for each event.
    #[serde(borrow)]
    pub meta_id: Text<'a>,
    /// Database name of the wiki, e.g. `enwiki`.
    pub wiki: Text<'a>,
    pub edit_type: EditType,
    /// The revision that the edit made.
    pub rev_id: Option<i64>,
    /// The previous revision of the page.
    pub rev_old_id: Option<i64>,
    /// The page's id; `recentchange` does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_id: Option<i64>,
    /// Title with its namespace prefix and with spaces, e.g. `Talk:Rust (programming language)`.
    pub page_title: Text<'a>,
    /// Number of the namespace; that of articles is 0.
    pub namespace: Option<i64>,
    /// User name, IP address or temporary account; hidden names are `None`.
    pub user: Option<Text<'a>>,
    /// The user's id; `recentchange` does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// Decides the topic of the raw event.
    pub user_type: UserType,
    /// Flagged as a bot by the wiki.
    pub is_bot: bool,
    /// Marked minor by its author.
    pub is_minor: Option<bool>,
    /// Patrolled on arrival, as edits of trusted users are.
    pub is_patrolled: Option<bool>,
    /// The edit summary as typed, including `/* section */`; `None` if hidden.
    pub comment: Option<Text<'a>>,
    /// Bytes of the page before the edit.
    pub length_old: Option<i64>,
    /// Bytes of the page after the edit.
    pub length_new: Option<i64>,
    /// When the edit was made.
    pub event_time: EventTime,
    /// Number of edits of the user before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_edit_count: Option<i64>,
    /// When the account was registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_registered_at: Option<EventTime>,
    /// The user's groups on the wiki; `None` if unknown, empty if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_groups: Option<Vec<Text<'a>>>,
    /// Number of revisions of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_revision_count: Option<i64>,
    /// Topic of the event in its source, e.g. `eqiad.mediawiki.recentchange`.
    pub source_topic: Option<Text<'a>>,
    pub source_partition: Option<i32>,
    pub source_offset: Option<i64>,
}

#[cfg(test)]
impl Edit<'static> {
    /// An edit of an article of enwiki of which nothing else is known, for tests to fill in.
    pub(crate) fn blank() -> Self {
        Self {
            meta_id: Text::default(),
            wiki: Text::from("enwiki"),
            edit_type: EditType::Edit,
            rev_id: None,
            rev_old_id: None,
            page_id: None,
            page_title: Text::default(),
            namespace: Some(0),
            user: None,
            user_id: None,
            user_type: UserType::Registered,
            is_bot: false,
            is_minor: None,
            is_patrolled: None,
            comment: None,
            length_old: None,
            length_new: None,
            event_time: EventTime::default(),
            user_edit_count: None,
            user_registered_at: None,
            user_groups: None,
            page_revision_count: None,
            source_topic: None,
            source_partition: None,
            source_offset: None,
        }
    }
}

impl Edit<'_> {
    /// The change of size in bytes; for a new page its whole size.
    pub fn length_delta(&self) -> Option<i64> {
        let before = match (self.length_old, self.edit_type) {
            (None, EditType::New) => 0,
            (old, _) => old?,
        };
        self.length_new?.checked_sub(before)
    }

    /// The key of the edit's records: `wiki:page title`.
    pub fn key(&self) -> String {
        format!("{}:{}", self.wiki, self.page_title)
    }
}
