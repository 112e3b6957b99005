//! One event of each wire form with the record that it must give: `testdata/events`.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use wikisentry_core::event::{Body, Event};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/events")
}

/// The event in the form of `expected.json`.
fn described(file: &str, event: &Event<'_>) -> Value {
    let mut fields = Map::new();
    fields.insert("file".into(), json!(file));
    fields.insert("id".into(), json!(event.id));
    fields.insert("time".into(), json!(event.time));
    let position = event
        .position
        .as_ref()
        .map(|at| json!({ "topic": at.topic, "partition": at.partition, "offset": at.offset }));
    fields.insert("position".into(), json!(position));
    fields.insert("is_page_change".into(), json!(event.is_page_change));
    if let Some(revert) = event.revert {
        fields.insert("revert".into(), json!(revert));
    }
    match &event.body {
        Body::Edit(edit) => fields.insert("edit".into(), json!(edit)),
        Body::LabelFact(change) => fields.insert("label_fact".into(), json!(change)),
        Body::RevertRisk(risk) => fields.insert("revert_risk".into(), json!(risk)),
        Body::Canary => fields.insert("canary".into(), json!(true)),
        Body::Other { kind } => fields.insert("other".into(), json!(kind)),
    };
    Value::Object(fields)
}

#[test]
fn every_wire_form_gives_the_expected_record() {
    let expected = std::fs::read(folder().join("expected.json")).unwrap();
    let expected: Vec<Value> = serde_json::from_slice(&expected).unwrap();
    let mut seen = BTreeSet::from(["expected.json".to_owned()]);
    for case in expected {
        let file = case["file"].as_str().unwrap();
        let payload = std::fs::read(folder().join(file)).unwrap();
        let event = Event::parse(&payload).expect(file);
        assert_eq!(described(file, &event), case, "{file}");
        seen.insert(file.to_owned());
    }
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            seen.contains(&name) || !name.ends_with(".json"),
            "nothing is expected of {name}"
        );
    }
}
