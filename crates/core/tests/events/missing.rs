//! Missing required fields and bad times are named; unknown fields are ignored; negative positions are
//! not taken.

use super::made::{page_change, recentchange, refused, revert_risk, tags_change, with};
use serde_json::{Value, json};
use wikisentry_core::event::{Body, Event, EventError};

#[test]
fn missing_fields_are_named() {
    let cases = [
        (recentchange(), "meta", "meta"),
        (recentchange(), "meta.id", "meta.id"),
        (recentchange(), "wiki", "wiki"),
        (recentchange(), "title", "title"),
        (page_change(), "meta", "meta"),
        (page_change(), "meta.id", "meta.id"),
        (page_change(), "wiki_id", "wiki_id"),
        (page_change(), "page_change_kind", "page_change_kind"),
        (page_change(), "page", "page.page_title"),
        (page_change(), "page.page_title", "page.page_title"),
        (tags_change(), "database", "database"),
        (tags_change(), "page_title", "page_title"),
        (revert_risk(), "wiki_id", "wiki_id"),
        (revert_risk(), "page.page_title", "page.page_title"),
    ];
    for (event, path, field) in cases {
        // Null, an empty text and a value of another type count as absent.
        for value in [None, Some(Value::Null), Some(json!("")), Some(json!([1]))] {
            let json = with(event.clone(), path, value);
            assert_eq!(refused(&json), EventError::Missing { field }, "{json}");
        }
    }
    assert_eq!(
        refused(r#"{"meta": {}}"#),
        EventError::Missing { field: "type" }
    );
    let timeless = with(recentchange(), "meta.dt", None);
    let timeless = with(serde_json::from_str(&timeless).unwrap(), "timestamp", None);
    assert_eq!(refused(&timeless), EventError::Missing { field: "meta.dt" });
}

#[test]
fn a_score_needs_a_revision_a_probability_and_a_model_of_reverts() {
    for field in [
        "revision.rev_id",
        "predicted_classification.probabilities.true",
    ] {
        let error = refused(&with(revert_risk(), field, None));
        assert_eq!(error, EventError::Missing { field });
    }
    let timeless = refused(&with(revert_risk(), "dt", None));
    assert_eq!(timeless, EventError::Missing { field: "dt" });
    let other = with(
        revert_risk(),
        "predicted_classification.model_name",
        Some(json!("articletopic")),
    );
    for json in [
        other,
        with(revert_risk(), "predicted_classification", None),
        with(revert_risk(), "predicted_classification.model_name", None),
    ] {
        let event = Event::parse(json.as_bytes()).unwrap();
        assert!(matches!(event.body, Body::Other { .. }), "{json}");
        assert_eq!((event.is_page_change, event.route()), (false, None));
    }
}

#[test]
fn optional_fields_are_none_when_null() {
    let mut event = recentchange();
    for path in [
        "namespace",
        "user",
        "bot",
        "minor",
        "patrolled",
        "comment",
        "length",
        "revision",
    ] {
        event = serde_json::from_str(&with(event, path, Some(Value::Null))).unwrap();
    }
    let json = event.to_string();
    let edit = super::edit(json.as_bytes());
    assert_eq!(
        (edit.namespace, edit.user, edit.is_bot),
        (None, None, false)
    );
    assert_eq!(
        (edit.is_minor, edit.is_patrolled, edit.comment),
        (None, None, None)
    );
    assert_eq!((edit.rev_id, edit.rev_old_id), (None, None));
    assert_eq!((edit.length_old, edit.length_new), (None, None));
}

#[test]
fn the_first_time_is_named_if_none_can_be_read() {
    let mut event = recentchange();
    for (path, value, named) in [
        ("meta.dt", json!("yesterday"), None),
        ("timestamp", json!(i64::MAX), Some("`meta.dt`: `yesterday`")),
        ("dt", json!(""), Some("`dt`: ``")),
        ("meta.dt", json!(null), Some("`dt`: ``")),
        (
            "dt",
            json!(null),
            Some("`timestamp`: `9223372036854775807`"),
        ),
    ] {
        event = serde_json::from_str(&with(event, path, Some(value))).unwrap();
        let json = event.to_string();
        match named {
            Some(named) => {
                let error = refused(&json).to_string();
                assert_eq!(error, format!("field {named} is no time"));
            }
            None => assert!(Event::parse(json.as_bytes()).is_ok()),
        }
    }
}

#[test]
fn unknown_fields_of_any_type_are_ignored() {
    let plain = recentchange().to_string();
    for value in [
        json!(null),
        json!({ "a": [1.5, "x"] }),
        json!([[], {}]),
        json!(1e300),
    ] {
        for path in [
            "unknown",
            "meta.unknown",
            "revision.unknown",
            "log_params",
            "parsedcomment",
        ] {
            let json = with(recentchange(), path, Some(value.clone()));
            assert_eq!(
                Event::parse(json.as_bytes()),
                Event::parse(plain.as_bytes()),
                "{json}"
            );
        }
    }
}

#[test]
fn meta_dt_takes_precedence_over_the_timestamp_in_seconds() {
    let time = |json: &str| {
        Event::parse(json.as_bytes())
            .unwrap()
            .time
            .unwrap()
            .to_string()
    };
    assert_eq!(
        time(&recentchange().to_string()),
        "2026-09-17T03:42:33.778Z"
    );
    let seconds = with(recentchange(), "meta.dt", None);
    assert_eq!(time(&seconds), "2026-09-17T03:42:33.000Z");
    let own = with(page_change(), "dt", Some(json!("2026-03-01T11:59:58.5Z")));
    assert_eq!(time(&own), "2026-03-01T11:59:58.500Z");
}

#[test]
fn negative_positions_are_none() {
    for (path, value) in [
        ("meta.offset", -1_i64),
        ("meta.offset", i64::MIN),
        ("meta.partition", -1),
    ] {
        let json = with(recentchange(), path, Some(json!(value)));
        let event = Event::parse(json.as_bytes()).unwrap();
        assert_eq!(event.position, None, "{json}");
        assert!(matches!(event.body, Body::Edit(_)));
    }
}
