//! Which edits have hidden parts, and the blanking of these in records of the topics. What is hidden
//! stays so: that a wiki shows something again brings nothing back.

use crate::edit::Edit;
use crate::event::{HiddenParts, Hiding};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Fields of all forms of records that say who made an edit.
const USER_FIELDS: [&str; 11] = [
    "user",
    "user_id",
    "user_text",
    "user_groups",
    "user_edit_count",
    "user_registered_at",
    "user_registration_dt",
    "user_central_id",
    "performer",
    "editor",
    "registration_dt",
];
/// Those that hold an edit summary.
const COMMENT_FIELDS: [&str; 2] = ["comment", "parsedcomment"];
/// In the place of a name in a sentence.
const MARK: &str = "(hidden)";

/// The edits of which something is hidden.
#[derive(Debug, Clone, Default)]
pub struct Hidden {
    revisions: FxHashMap<(u64, i64), HiddenParts>,
    pages: FxHashMap<u64, HiddenParts>,
}

impl HiddenParts {
    fn join(&mut self, other: Self) {
        self.user |= other.user;
        self.comment |= other.comment;
    }
}

impl Hidden {
    pub fn add(&mut self, hiding: &Hiding) {
        let wiki = xxh3_64(hiding.wiki.as_bytes());
        for rev_id in &hiding.rev_ids {
            let parts = self.revisions.entry((wiki, *rev_id)).or_default();
            parts.join(hiding.parts);
        }
        if hiding.rev_ids.is_empty() {
            let page = page(&hiding.wiki, &hiding.page_title);
            self.pages.entry(page).or_default().join(hiding.parts);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.revisions.is_empty() && self.pages.is_empty()
    }

    /// Whether whole pages are hidden, so that titles must be looked at.
    pub fn has_pages(&self) -> bool {
        !self.pages.is_empty()
    }

    /// The revisions of which something is hidden, whichever their wiki.
    pub fn rev_ids(&self) -> impl Iterator<Item = i64> {
        self.revisions.keys().map(|(_, rev_id)| *rev_id)
    }

    /// What is hidden of an edit; `None` for nothing.
    pub fn of(&self, wiki: &str, rev_id: Option<i64>, page_title: &str) -> Option<HiddenParts> {
        let mut found: Option<HiddenParts> = None;
        if let Some(rev_id) = rev_id {
            found = self
                .revisions
                .get(&(xxh3_64(wiki.as_bytes()), rev_id))
                .copied();
        }
        if !self.pages.is_empty()
            && let Some(parts) = self.pages.get(&page(wiki, page_title))
        {
            found.get_or_insert_default().join(*parts);
        }
        found
    }

    /// Takes what is hidden out of an edit; says whether there was anything.
    pub fn blank(&self, edit: &mut Edit<'_>) -> bool {
        let Some(parts) = self.of(&edit.wiki, edit.rev_id, &edit.page_title) else {
            return false;
        };
        if parts.user {
            edit.user = None;
            edit.user_id = None;
            edit.user_edit_count = None;
            edit.user_registered_at = None;
            edit.user_groups = None;
        }
        if parts.comment {
            edit.comment = None;
        }
        true
    }

    /// The record of a topic without what is hidden of the edit that it is about, as JSON; `None` if
    /// there is nothing to take out.
    pub fn blanked(&self, record: &[u8]) -> Option<Vec<u8>> {
        if self.is_empty() {
            return None;
        }
        let mut value: Value = serde_json::from_slice(record).ok()?;
        let parts = {
            let record = value.as_object()?;
            let (wiki, rev_id, title) = identity(record)?;
            self.of(wiki, rev_id, &title.replace('_', " "))?
        };
        let name = alert_user(&value);
        if !blank(&mut value, parts) {
            return None;
        }
        if let (true, Some(name)) = (parts.user, name) {
            unname(&mut value, &name);
        }
        serde_json::to_vec(&value).ok()
    }
}

fn page(wiki: &str, title: &str) -> u64 {
    xxh3_64_with_seed(title.as_bytes(), xxh3_64(wiki.as_bytes()))
}

/// The wiki, the revision and the title of the edit that a record is about: an event of any stream as
/// received, a classified edit, or an alert.
fn identity(record: &Map<String, Value>) -> Option<(&str, Option<i64>, &str)> {
    let of = |folder: &str, field: &str| record.get(folder)?.get(field);
    let wikis = ["wiki", "wiki_id", "database"];
    let wiki = wikis.iter().find_map(|name| record.get(*name)?.as_str())?;
    let rev_id = record
        .get("rev_id")
        .or_else(|| of("revision", "new"))
        .or_else(|| of("revision", "rev_id"))
        .or_else(|| of("details", "rev_id"));
    let title = record
        .get("page_title")
        .or_else(|| record.get("details")?.get("page_title"))
        .or_else(|| of("page", "page_title"))
        .or_else(|| record.get("title"));
    let title = title.and_then(Value::as_str).unwrap_or_default();
    Some((wiki, rev_id.and_then(Value::as_i64), title))
}

/// The user that an alert is about, whose name is in its title too.
fn alert_user(record: &Value) -> Option<String> {
    Some(record.get("details")?.get("user")?.as_str()?.to_owned())
}

fn unname(alert: &mut Value, name: &str) {
    for field in ["title", "subject"] {
        if let Some(Value::String(text)) = alert.get_mut(field)
            && !name.is_empty()
        {
            *text = text.replace(name, MARK);
        }
    }
}

/// Sets the fields of what is hidden to null, at any depth; says whether there were any.
fn blank(value: &mut Value, parts: HiddenParts) -> bool {
    let mut is_changed = false;
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.as_str();
                if parts.user && USER_FIELDS.contains(&name)
                    || parts.comment && COMMENT_FIELDS.contains(&name)
                {
                    is_changed |= !field.take().is_null();
                } else {
                    is_changed |= blank(field, parts);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                is_changed |= blank(item, parts);
            }
        }
        _ => {}
    }
    is_changed
}

#[cfg(test)]
mod tests;
