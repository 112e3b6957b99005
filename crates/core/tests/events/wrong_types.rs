//! A value of a wrong type is an error that names the field.

use super::made::{page_change, recentchange, refused, revert_risk, tags_change, with};
use serde_json::json;
use wikisentry_core::event::EventError;

#[test]
fn wrong_types_name_the_field() {
    let deep = json!([[[[]]]]);
    let cases = [
        (
            recentchange(),
            "$schema",
            json!(1),
            "invalid type: integer `1`, expected a string",
        ),
        (
            recentchange(),
            "meta",
            json!(null),
            "invalid type: null, expected an object",
        ),
        (
            recentchange(),
            "meta",
            json!([]),
            "invalid type: sequence, expected an object",
        ),
        (
            recentchange(),
            "meta",
            json!("x"),
            "invalid type: string \"x\", expected an object",
        ),
        (
            recentchange(),
            "meta.id",
            json!({}),
            "invalid type: map, expected a string",
        ),
        (
            recentchange(),
            "meta.dt",
            json!(1),
            "invalid type: integer `1`, expected a string",
        ),
        (
            recentchange(),
            "meta.topic",
            json!(true),
            "invalid type: boolean `true`, expected a string",
        ),
        (
            recentchange(),
            "meta.partition",
            json!(2_147_483_648_i64),
            "invalid value: integer `2147483648`, expected i32",
        ),
        (
            recentchange(),
            "meta.offset",
            json!("7"),
            "invalid type: string \"7\", expected i64",
        ),
        (
            recentchange(),
            "meta.offset",
            json!(7.0),
            "invalid type: floating point `7.0`, expected i64",
        ),
        (
            recentchange(),
            "meta.offset",
            json!(u64::MAX),
            "invalid value: integer `18446744073709551615`, expected i64",
        ),
        (
            recentchange(),
            "type",
            json!(["edit"]),
            "invalid type: sequence, expected a string",
        ),
        (
            recentchange(),
            "namespace",
            json!("0"),
            "invalid type: string \"0\", expected i64",
        ),
        (
            recentchange(),
            "title",
            deep.clone(),
            "invalid type: sequence, expected a string",
        ),
        (
            recentchange(),
            "timestamp",
            json!(1.5),
            "invalid type: floating point `1.5`, expected i64",
        ),
        (
            recentchange(),
            "user",
            json!(0),
            "invalid type: integer `0`, expected a string",
        ),
        (
            recentchange(),
            "bot",
            json!("true"),
            "invalid type: string \"true\", expected a boolean",
        ),
        (
            recentchange(),
            "minor",
            json!(0),
            "invalid type: integer `0`, expected a boolean",
        ),
        (
            recentchange(),
            "patrolled",
            json!([]),
            "invalid type: sequence, expected a boolean",
        ),
        (
            recentchange(),
            "length",
            json!([1, 2]),
            "invalid type: sequence, expected an object",
        ),
        (
            recentchange(),
            "length.old",
            json!("1"),
            "invalid type: string \"1\", expected i64",
        ),
        (
            recentchange(),
            "revision",
            json!([3, 4, null, null, null, null, null]),
            "invalid type: sequence, expected an object",
        ),
        (
            recentchange(),
            "revision.new",
            json!("x"),
            "invalid type: string \"x\", expected i64",
        ),
        (
            recentchange(),
            "wiki",
            deep,
            "invalid type: sequence, expected a string",
        ),
        (
            page_change(),
            "page",
            json!([1, "T", 0, 2]),
            "invalid type: sequence, expected an object",
        ),
        (
            page_change(),
            "page.page_id",
            json!("1"),
            "invalid type: string \"1\", expected i64",
        ),
        (
            page_change(),
            "performer",
            json!("U"),
            "invalid type: string \"U\", expected an object",
        ),
        (
            page_change(),
            "performer.groups",
            json!("sysop"),
            "invalid type: string \"sysop\", expected a sequence",
        ),
        (
            page_change(),
            "performer.is_temp",
            json!(1),
            "invalid type: integer `1`, expected a boolean",
        ),
        (
            page_change(),
            "prior_state",
            json!([]),
            "invalid type: sequence, expected an object",
        ),
        (
            page_change(),
            "prior_state.revision.rev_size",
            json!([]),
            "invalid type: sequence, expected i64",
        ),
        (
            tags_change(),
            "database",
            json!({}),
            "invalid type: map, expected a string",
        ),
        (
            revert_risk(),
            "predicted_classification",
            json!([]),
            "invalid type: sequence, expected an object",
        ),
        (
            revert_risk(),
            "predicted_classification.probabilities.true",
            json!("0.5"),
            "invalid type: string \"0.5\", expected f64",
        ),
        (
            revert_risk(),
            "predicted_classification.probabilities.true",
            json!(1.5),
            "1.5 is no probability",
        ),
    ];
    for (event, path, value, message) in cases {
        let json = with(event, path, Some(value));
        match refused(&json) {
            EventError::WrongType { field, why } => {
                assert_eq!(field, path, "{json}");
                assert!(why.starts_with(message), "{path}: {why}");
            }
            other => panic!("{path}: {other}"),
        }
    }
}

#[test]
fn elements_of_arrays_are_named() {
    let json = with(page_change(), "performer.groups", Some(json!(["a", null])));
    let text = refused(&json).to_string();
    assert!(
        text.starts_with("field `performer.groups[1]`: invalid type: null"),
        "{text}"
    );
}

#[test]
fn an_event_must_be_an_object() {
    for json in ["[]", "null", "1", "\"edit\"", "[null, {\"id\": \"a\"}]"] {
        let error = refused(json);
        let named = matches!(&error, EventError::WrongType { field, .. } if field == "(the event)");
        assert!(named, "{json}: {error}");
    }
}
