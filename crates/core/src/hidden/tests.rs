//! What is hidden is found in events of every stream that tells of it, and taken out of every record.

use super::*;
use crate::event::Event;
use serde_json::json;

fn hiding(event: &Value) -> Option<Hiding> {
    let payload = serde_json::to_vec(event).unwrap();
    Event::parse(&payload).unwrap().hides
}

fn recorded(name: &str) -> Value {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/events");
    let bytes = std::fs::read(format!("{root}/{name}.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn parts(user: bool, comment: bool) -> HiddenParts {
    HiddenParts { user, comment }
}

#[test]
fn page_change_hides_what_is_no_longer_visible() {
    let mut event = recorded("page-change-visibility-change");
    assert_eq!(hiding(&event), None, "all of it is visible");
    event["revision"]["is_content_visible"] = false.into();
    assert_eq!(hiding(&event), None, "content is not kept");
    event["revision"]["is_comment_visible"] = false.into();
    let found = hiding(&event).unwrap();
    assert_eq!(
        (found.parts, &found.rev_ids[..]),
        (parts(false, true), &[1002][..])
    );
    assert_eq!(
        (found.wiki.as_str(), found.page_title.as_str()),
        ("enwiki", "Talk:Example page")
    );
    assert_eq!(
        found.made_at.unwrap().to_string(),
        "2026-03-01T12:00:00.000Z"
    );
    event["revision"]["is_editor_visible"] = false.into();
    assert_eq!(hiding(&event).unwrap().parts, parts(true, true));
}

#[test]
fn a_deletion_by_nobody_hides_the_page_and_another_what_was_hidden_before() {
    let mut event = recorded("page-change-delete");
    assert_eq!(hiding(&event), None);
    event["revision"]["is_editor_visible"] = false.into();
    let found = hiding(&event).unwrap();
    assert_eq!((found.parts, found.rev_ids.len()), (parts(true, false), 1));
    event.as_object_mut().unwrap().remove("performer");
    let found = hiding(&event).unwrap();
    assert_eq!((found.parts, found.rev_ids.len()), (parts(true, true), 0));
}

#[test]
fn the_other_streams_tell_it_too() {
    let mut event = recorded("revision-tags-change");
    event["$schema"] = "/mediawiki/revision/visibility-change/1.1.0".into();
    event["meta"]["stream"] = "mediawiki.revision-visibility-change".into();
    event["visibility"] = json!({"text": false, "user": false, "comment": true});
    let found = hiding(&event).unwrap();
    assert_eq!(
        (found.parts, &found.rev_ids[..]),
        (parts(true, false), &[1002][..])
    );

    let mut event = json!({
        "$schema": "/mediawiki/recentchange/1.0.0", "type": "log", "namespace": 0,
        "meta": {"id": "00000000-0000-4000-8000-000000000099", "dt": "2026-03-01T12:00:00Z",
            "stream": "mediawiki.recentchange"},
        "title": "A page", "comment": "", "timestamp": 1_772_366_400, "user": "Admin", "bot": false,
        "log_type": "delete", "log_action": "revision", "wiki": "enwiki",
        "log_params": {"type": "revision", "ids": ["17", 18, null], "ofield": 0, "nfield": 6},
    });
    let found = hiding(&event).unwrap();
    assert_eq!(
        (found.parts, &found.rev_ids[..]),
        (parts(true, true), &[17, 18][..])
    );
    event["log_params"]["nfield"] = 1.into();
    assert_eq!(hiding(&event), None, "the text alone");
    for params in [
        json!([]),
        json!("nfield"),
        json!({"nfield": "6", "ids": 3}),
        json!(null),
    ] {
        event["log_params"] = params;
        assert_eq!(hiding(&event), None);
    }
}

#[test]
fn edits_hide_nothing() {
    let mut event = recorded("page-change-edit");
    event["revision"]["is_editor_visible"] = false.into();
    assert_eq!(hiding(&event), None);
}

fn hidden(wiki: &str, rev_ids: &[i64], parts: HiddenParts) -> Hidden {
    let mut hidden = Hidden::default();
    hidden.add(&Hiding {
        wiki: wiki.to_owned(),
        page_title: "Example page".to_owned(),
        rev_ids: rev_ids.to_vec(),
        made_at: None,
        parts,
    });
    hidden
}

#[test]
fn records_of_every_topic_lose_what_is_hidden_and_no_other_does() {
    let page_change = recorded("page-change-edit");
    let tags = recorded("revision-tags-change");
    let recentchange = json!({"type": "edit", "wiki": "enwiki", "title": "Talk:Example page",
        "revision": {"old": 1, "new": 1002}, "user": "Example", "comment": "Secret words",
        "parsedcomment": "<i>Secret words</i>"});
    let classified = json!({"wiki": "enwiki", "rev_id": 1002, "page_title": "Talk:Example page",
        "user": "Example", "comment": "Secret words", "score": 0.5, "user_edit_count": 4321});
    let alert = json!({"kind": "edit_burst", "wiki": "enwiki", "subject": "enwiki:Example",
        "title": "Example made 12 edits", "details": {"user": "Example", "rev_id": 1002,
        "page_title": "Talk:Example page", "comment": "Secret words"}});
    for record in [page_change, tags, recentchange, classified, alert] {
        let bytes = serde_json::to_vec(&record).unwrap();
        let both = hidden("enwiki", &[1002], parts(true, true));
        let blanked = both.blanked(&bytes).unwrap_or_else(|| panic!("{record}"));
        let text = String::from_utf8(blanked).unwrap();
        for name in [
            "\"Example\"",
            "enwiki:Example\"",
            "Example made",
            "Secret",
            "changed a thing",
        ] {
            assert!(!text.contains(name), "{name} in {text}");
        }
        assert!(text.contains("1002"), "{text}");
        let name = hidden("enwiki", &[1002], parts(true, false))
            .blanked(&bytes)
            .unwrap();
        let name = String::from_utf8(name).unwrap();
        assert!(!name.contains("\"Example\""), "{name}");
        if record["comment"].is_string() {
            assert!(name.contains(record["comment"].as_str().unwrap()), "{name}");
        }
        for other in [
            hidden("dewiki", &[1002], parts(true, true)),
            hidden("enwiki", &[3], parts(true, true)),
        ] {
            assert_eq!(other.blanked(&bytes), None);
        }
    }
}

#[test]
fn of_a_hidden_page_every_edit_is_hidden() {
    let page = hidden("enwiki", &[], parts(true, true));
    let record = |title: &str| {
        let record = json!({"wiki": "enwiki", "rev_id": 5, "page_title": title, "user": "V"});
        serde_json::to_vec(&record).unwrap()
    };
    assert!(page.blanked(&record("Example page")).is_some());
    assert!(page.blanked(&record("Example_page")).is_some());
    assert!(page.blanked(&record("Another page")).is_none());
    for broken in [&b"{"[..], b"[]", b"{\"wiki\":3}", b"\"x\""] {
        assert_eq!(page.blanked(broken), None);
    }
}
