//! Small valid events of each stream, which the tests break.

use serde_json::{Value, json};
use wikisentry_core::event::{Event, EventError};

pub fn recentchange() -> Value {
    json!({
        "$schema": "/mediawiki/recentchange/1.0.0",
        "meta": {
            "id": "a", "dt": "2026-09-17T03:42:33.778Z", "domain": "en.wikipedia.org",
            "stream": "mediawiki.recentchange", "topic": "eqiad.mediawiki.recentchange",
            "partition": 0, "offset": 7
        },
        "type": "edit", "namespace": 0, "title": "T", "comment": "c", "timestamp": 1_789_616_553,
        "user": "U", "bot": false, "minor": true, "patrolled": false,
        "length": { "old": 1, "new": 2 }, "revision": { "old": 3, "new": 4 }, "wiki": "enwiki"
    })
}

pub fn page_change() -> Value {
    json!({
        "$schema": "/mediawiki/page/change/1.3.0",
        "meta": { "id": "a", "dt": "2026-03-01T12:00:00Z", "stream": "mediawiki.page_change.v1" },
        "dt": "2026-03-01T12:00:00Z", "wiki_id": "enwiki", "page_change_kind": "edit",
        "page": { "page_id": 1, "page_title": "T", "namespace_id": 0, "revision_count": 2 },
        "performer": {
            "user_id": 1, "user_text": "U", "groups": ["a"], "is_bot": false, "is_temp": false,
            "edit_count": 3, "registration_dt": "2016-01-29T21:13:24Z"
        },
        "revision": { "rev_id": 2, "rev_parent_id": 1, "rev_size": 3, "is_minor_edit": false },
        "prior_state": { "revision": { "rev_size": 1 } }
    })
}

pub fn tags_change() -> Value {
    json!({
        "$schema": "/mediawiki/revision/tags-change/1.0.1", "meta": { "id": "a" },
        "database": "enwiki", "page_title": "T"
    })
}

pub fn revert_risk() -> Value {
    json!({
        "$schema": "/mediawiki/page/prediction_classification_change/1.2.0", "meta": { "id": "a" },
        "dt": "2026-03-01T12:00:00Z", "wiki_id": "enwiki", "page_change_kind": "edit",
        "page": { "page_title": "T" }, "revision": { "rev_id": 2 },
        "predicted_classification": {
            "model_name": "revertrisk-language-agnostic", "model_version": "3",
            "probabilities": { "true": 0.25, "false": 0.75 }
        }
    })
}

/// `event` with the field at `path` replaced or removed.
pub fn with(mut event: Value, path: &str, value: Option<Value>) -> String {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let pointer = match parent {
        "" => String::new(),
        parent => format!("/{}", parent.replace('.', "/")),
    };
    let fields = event
        .pointer_mut(&pointer)
        .and_then(Value::as_object_mut)
        .expect(path);
    match value {
        Some(value) => fields.insert(name.to_owned(), value),
        None => fields.remove(name),
    };
    event.to_string()
}

pub fn refused(json: &str) -> EventError {
    Event::parse(json.as_bytes()).expect_err(json)
}
