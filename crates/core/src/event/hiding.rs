//! What wikis hide afterwards: the name of a revision's author, its summary, or a whole page that was
//! deleted so that administrators cannot see it either ("suppressed"). Told by
//! `mediawiki.page_change.v1` (`visibility_change`, `delete`), `mediawiki.revision-visibility-change`,
//! and the log entries `delete/revision` of `recentchange`.
//!
//! These events are rare and of many forms, so they are read a second time, loosely: what is missing
//! or of another type hides nothing.

use super::wire::with_spaces;
use crate::text::Text;
use crate::time::EventTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Revisions named by one event at most; MediaWiki's own form has room for fewer.
const MOST_REVISIONS: usize = 10_000;
/// Bits of `log_params.nfield`: a summary, a user name (`RevisionRecord::DELETED_COMMENT`,
/// `DELETED_USER` of MediaWiki).
const COMMENT_BIT: i64 = 2;
const USER_BIT: i64 = 4;

/// What of an edit is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HiddenParts {
    pub user: bool,
    pub comment: bool,
}

/// That something was hidden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hiding {
    /// Database name of the wiki.
    pub wiki: String,
    pub page_title: String,
    /// The revisions; none if it is all of the page's.
    pub rev_ids: Vec<i64>,
    /// When the revision was made, if the event says so.
    pub made_at: Option<EventTime>,
    pub parts: HiddenParts,
}

impl Hiding {
    /// What an event hides that is no edit, by its kind as it is counted; `None` for nothing.
    pub(super) fn read(kind: &str, payload: &str) -> Option<Self> {
        let read: fn(&Value) -> Option<Hiding> = match kind {
            "page_visibility_change" => of_page_change,
            "page_delete" => of_delete,
            "log" if payload.contains("nfield") => of_log,
            _ if kind.contains("revision/visibility-change")
                || kind.contains("revision-visibility-change") =>
            {
                of_visibility_change
            }
            _ => return None,
        };
        let hiding = read(&serde_json::from_str(payload).ok()?)?;
        let hides = hiding.parts.user || hiding.parts.comment;
        (hides && !hiding.wiki.is_empty()).then_some(hiding)
    }
}

fn of_page_change(event: &Value) -> Option<Hiding> {
    let revision = &event["revision"];
    let is_hidden = |field: &str| revision[field] == Value::Bool(false);
    Some(Hiding {
        wiki: text(&event["wiki_id"])?,
        page_title: title(&event["page"]["page_title"])?,
        rev_ids: vec![revision["rev_id"].as_i64()?],
        made_at: time(&revision["rev_dt"]),
        parts: HiddenParts {
            user: is_hidden("is_editor_visible"),
            comment: is_hidden("is_comment_visible"),
        },
    })
}

/// A deletion that is itself hidden, so that nobody is named who did it, hides all of the page. Any
/// other hides no more than was hidden of its last revision.
fn of_delete(event: &Value) -> Option<Hiding> {
    let hiding = of_page_change(event)?;
    if !event["performer"].is_null() {
        return Some(hiding);
    }
    Some(Hiding {
        rev_ids: Vec::new(),
        made_at: None,
        parts: HiddenParts {
            user: true,
            comment: true,
        },
        ..hiding
    })
}

fn of_visibility_change(event: &Value) -> Option<Hiding> {
    let is_hidden = |field: &str| event["visibility"][field] == Value::Bool(false);
    Some(Hiding {
        wiki: text(&event["database"])?,
        page_title: title(&event["page_title"])?,
        rev_ids: vec![event["rev_id"].as_i64()?],
        made_at: time(&event["rev_timestamp"]),
        parts: HiddenParts {
            user: is_hidden("user"),
            comment: is_hidden("comment"),
        },
    })
}

fn of_log(event: &Value) -> Option<Hiding> {
    let params = &event["log_params"];
    let is_of_revisions = event["log_action"] == "revision" && params["type"] == "revision";
    let bits = params["nfield"].as_i64().filter(|_| is_of_revisions)?;
    let ids = params["ids"].as_array()?.iter();
    // Numbers or texts, by the version of MediaWiki.
    let number = |id: &Value| id.as_i64().or_else(|| id.as_str()?.parse().ok());
    let rev_ids: Vec<i64> = ids.filter_map(number).take(MOST_REVISIONS).collect();
    (!rev_ids.is_empty()).then_some(())?;
    Some(Hiding {
        wiki: text(&event["wiki"])?,
        page_title: title(&event["title"])?,
        rev_ids,
        made_at: None,
        parts: HiddenParts {
            user: bits & USER_BIT != 0,
            comment: bits & COMMENT_BIT != 0,
        },
    })
}

fn text(value: &Value) -> Option<String> {
    Some(value.as_str()?.to_owned())
}

fn title(value: &Value) -> Option<String> {
    Some(with_spaces(Text::from(value.as_str()?)).to_string())
}

fn time(value: &Value) -> Option<EventTime> {
    EventTime::parse(value.as_str()?)
}
