//! The canonical record of one edit, whichever stream it came from. A fact that the stream does
//! not carry is `None`, which is a missing value for the model.

use crate::text::Text;
use crate::time::EventTime;
use crate::user::UserType;
use serde::{Deserialize, Serialize};

/// Whether an edit made a page or changed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EditType {
    /// A new revision of a page that existed.
    Edit,
    /// The first revision of a page.
    New,
}

impl EditType {
    /// The name used on the wire and in the lake.
    pub const fn name(self) -> &'static str {
        match self {
            EditType::Edit => "edit",
            EditType::New => "new",
        }
    }
}

/// An edit, as it was known at the moment it was made. Its JSON form is the contract
/// `docs/contracts/edit.schema.json`; the names are those of the lake's columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edit<'a> {
    /// `meta.id`: a UUID, unique for each event.
    #[serde(borrow)]
    pub meta_id: Text<'a>,
    /// Database name of the wiki, e.g. `enwiki`.
    pub wiki: Text<'a>,
    /// Whether the page was created by this edit.
    pub edit_type: EditType,
    /// The revision made by this edit.
    pub rev_id: Option<i64>,
    /// The revision before it.
    pub rev_old_id: Option<i64>,
    /// Page id; `recentchange` does not carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_id: Option<i64>,
    /// Title with its namespace prefix and with spaces, e.g. `Talk:Rust (programming language)`.
    pub page_title: Text<'a>,
    /// Namespace number; 0 holds the articles.
    pub namespace: Option<i64>,
    /// User name, IP address or temporary account; hidden names are `None`.
    pub user: Option<Text<'a>>,
    /// User id; `recentchange` does not carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// Decides the topic.
    pub user_type: UserType,
    /// Flagged as a bot by the wiki.
    pub is_bot: bool,
    /// Marked minor by its author.
    pub is_minor: Option<bool>,
    /// Patrolled on arrival, as edits of trusted users are.
    pub is_patrolled: Option<bool>,
    /// Edit summary as typed, including `/* section */`.
    pub comment: Option<Text<'a>>,
    /// Bytes of the page before.
    pub length_old: Option<i64>,
    /// Bytes of the page after.
    pub length_new: Option<i64>,
    /// When the edit happened.
    pub event_time: EventTime,
    /// Edits the user had made before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_edit_count: Option<i64>,
    /// When the account was registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_registered_at: Option<EventTime>,
    /// The user's groups on the wiki; `None` if not known, empty if the user has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_groups: Option<Vec<Text<'a>>>,
    /// Revisions the page has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_revision_count: Option<i64>,
    /// Where the event stood in its source, e.g. `eqiad.mediawiki.recentchange`.
    pub source_topic: Option<Text<'a>>,
    /// Partition of the source topic.
    pub source_partition: Option<i32>,
    /// Offset in that partition.
    pub source_offset: Option<i64>,
}

impl Edit<'_> {
    /// Change in size, in bytes; a new page counts in full.
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
