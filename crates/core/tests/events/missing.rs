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
        (page_change(), "page", "page"),
        (page_change(), "page.page_title", "page.page_title"),
        (page_change(), "revision", "revision"),
        (tags_change(), "database", "database"),
        (tags_change(), "page_title", "page_title"),
        (revert_risk(), "wiki_id", "wiki_id"),
        (revert_risk(), "page.page_title", "page.page_title"),
    ];
    for (event, path, field) in cases {
        assert_eq!(
            refused(&with(event.clone(), path, None)),
            EventError::Missing { field }
        );
        if path == "meta" {
            continue;
        }
        // Null counts as absent, except for `meta`, which cannot be null.
        let null = with(event.clone(), path, Some(Value::Null));
        assert_eq!(refused(&null), EventError::Missing { field });
        if !matches!(path, "page" | "revision") {
            let empty = with(event, path, Some(json!("")));
            assert_eq!(refused(&empty), EventError::Missing { field });
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
fn bad_times_are_named() {
    for (event, path, value) in [
        (recentchange(), "meta.dt", "yesterday"),
        (recentchange(), "meta.dt", ""),
        (page_change(), "dt", "2026-02-30T00:00:00Z"),
        (page_change(), "performer.registration_dt", "2016"),
    ] {
        let error = refused(&with(event, path, Some(json!(value))));
        assert_eq!(
            error.to_string(),
            format!("field `{path}`: `{value}` is no time")
        );
    }
    let event = with(recentchange(), "meta.dt", None);
    let event = with(
        serde_json::from_str(&event).unwrap(),
        "timestamp",
        Some(json!(i64::MAX)),
    );
    let error = refused(&event);
    assert_eq!(
        error.to_string(),
        format!("field `timestamp`: `{}` is no time", i64::MAX)
    );
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
