//! Values that are not of the type that the schemas say: `testdata/vectors/odd_event.json`, and the
//! rule that no field costs an edit that can do without it.

use super::made::{page_change, recentchange, tags_change, with};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use wikisentry_core::event::{Body, Event};

#[derive(Deserialize)]
struct Case {
    name: String,
    json: String,
    expected: Map<String, Value>,
}

/// The event in the form of the vectors, with those fields of edit and fact that `wanted` names.
fn described(event: &Event<'_>, wanted: &Map<String, Value>) -> Map<String, Value> {
    let (kind, key, user_type) = match &event.body {
        Body::Edit(edit) => ("edit", Some(edit.key()), Some(edit.user_type)),
        Body::LabelFact(fact) => ("label_fact", Some(fact.key()), None),
        Body::RevertRisk(risk) => ("label_fact", Some(risk.key()), None),
        Body::Canary => ("canary", None, None),
        Body::Other { .. } => ("other", None, None),
    };
    let position = event
        .position
        .as_ref()
        .map(|at| json!({ "topic": at.topic, "partition": at.partition, "offset": at.offset }));
    let mut found = Map::new();
    found.insert("kind".into(), json!(kind));
    found.insert("id".into(), json!(event.id));
    // Other events have no key here.
    let key = key.map_or_else(|| wanted["key"].clone(), Value::from);
    found.insert("key".into(), key);
    found.insert("user_type".into(), json!(user_type));
    found.insert("time".into(), json!(event.time));
    found.insert("position".into(), json!(position));
    if let (Body::Edit(edit), Some(fields)) = (&event.body, wanted.get("edit")) {
        let edit = json!(edit);
        let fields = fields.as_object().unwrap();
        let read = |name: &String| edit.get(name).cloned().unwrap_or(Value::Null);
        let fields: Map<_, _> = fields.keys().map(|it| (it.clone(), read(it))).collect();
        found.insert("edit".into(), fields.into());
    }
    if let Body::LabelFact(fact) = &event.body
        && wanted.contains_key("fact")
    {
        let fact = json!({ "rev_id": fact.rev_id, "added": fact.added });
        found.insert("fact".into(), fact);
    }
    found
}

#[test]
fn odd_events_are_read_as_the_vectors_say() {
    let path = format!(
        "{}/../../testdata/vectors/odd_event.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let vectors: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases: Vec<Case> = serde_json::from_value(vectors["cases"].clone()).unwrap();
    assert!(cases.len() > 150);
    for Case {
        name,
        json,
        expected,
    } in cases
    {
        match (Event::parse(json.as_bytes()), expected.get("refused")) {
            (Err(error), Some(named)) => {
                let (error, named) = (error.to_string(), named.as_str().unwrap());
                assert!(error.contains(named), "{name}: {error}");
            }
            (Ok(event), None) => assert_eq!(described(&event, &expected), expected, "{name}"),
            (read, _) => panic!("{name}: {read:?}"),
        }
    }
}

/// The fields that an event of each kind cannot do without, of those that the made ones have.
const REQUIRED: [&[&str]; 3] = [
    &["meta", "meta.id", "type", "wiki", "title"],
    &[
        "meta",
        "meta.id",
        "page_change_kind",
        "wiki_id",
        "page",
        "page.page_title",
    ],
    &[
        "$schema",
        "meta",
        "meta.id",
        "database",
        "page_title",
        "rev_id",
        "meta.dt",
    ],
];

fn made() -> [Value; 3] {
    let timed = with(
        tags_change(),
        "meta.dt",
        Some(json!("2026-03-01T12:00:00Z")),
    );
    let timed = with(
        serde_json::from_str(&timed).unwrap(),
        "rev_id",
        Some(json!(5)),
    );
    let timed = with(
        serde_json::from_str(&timed).unwrap(),
        "performer",
        Some(json!({"user_text": "A", "user_id": 7, "user_groups": ["sysop"]})),
    );
    [
        recentchange(),
        page_change(),
        serde_json::from_str(&timed).unwrap(),
    ]
}

/// The path of every field of an event, those of objects within it included.
fn paths(value: &Value, within: &str, found: &mut Vec<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = format!("{within}{name}");
        paths(value, &format!("{path}."), found);
        found.push(path);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("HALF")),
        Just(Value::from("HUGE")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,4}", inner, 0..4)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_field_costs_an_event_that_can_do_without_it(
        kind in 0usize..3,
        at in any::<prop::sample::Index>(),
        value in prop::option::of(any_json()),
    ) {
        let event = made()[kind].clone();
        let mut optional = Vec::new();
        paths(&event, "", &mut optional);
        optional.retain(|path| !REQUIRED[kind].contains(&path.as_str()));
        let path = at.get(&optional);
        let json = with(event.clone(), path, value)
            .replace("\"HALF\"", r#""\ud83d""#)
            .replace("\"HUGE\"", "-1e999");
        let read = Event::parse(json.as_bytes()).map_err(|error| {
            TestCaseError::fail(format!("{path}: {error}: {json}"))
        })?;
        let whole = event.to_string();
        let whole = Event::parse(whole.as_bytes()).unwrap();
        let key = |event: &Event<'_>| match &event.body {
            Body::Edit(edit) => edit.key(),
            Body::LabelFact(fact) => fact.key(),
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(read.id.as_deref(), Some("a"));
        prop_assert_eq!(key(&read), key(&whole));
        prop_assert!(read.time.is_some());
        prop_assert!(read.route().is_some());
    }
}
