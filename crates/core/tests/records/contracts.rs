//! Real and generated records against the schemas of `docs/contracts`.

use super::generated::classified;
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::Read;
use std::sync::LazyLock;
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::event::{Body, Event};
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;

static EDIT: LazyLock<Validator> = LazyLock::new(|| schema("edit"));
static CLASSIFIED: LazyLock<Validator> = LazyLock::new(|| schema("classified-edit"));

fn root(path: &str) -> String {
    format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))
}

fn schema(name: &str) -> Validator {
    let path = root(&format!("docs/contracts/{name}.schema.json"));
    let text = std::fs::read_to_string(&path).expect(&path);
    let schema: Value = serde_json::from_str(&text).expect(&path);
    jsonschema::meta::validate(&schema).expect(&path);
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect(&path)
}

fn keeps(validator: &Validator, record: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(record)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?} in {record}");
}

fn recorded() -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    let sample = std::fs::File::open(root("testdata/sample/recentchange.jsonl.gz")).unwrap();
    flate2::read::GzDecoder::new(sample)
        .read_to_end(&mut lines)
        .unwrap();
    let mut events: Vec<Vec<u8>> = lines
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    for entry in std::fs::read_dir(root("testdata/events")).unwrap() {
        events.push(std::fs::read(entry.unwrap().path()).unwrap());
    }
    events
}

#[test]
fn recorded_edits_keep_the_contracts() {
    let now = EventTime::from_millis(1_800_000_000_000).unwrap();
    let mut edits = 0;
    for payload in recorded() {
        let Ok(Event {
            body: Body::Edit(edit),
            ..
        }) = Event::parse(&payload)
        else {
            continue;
        };
        keeps(&EDIT, &json!(edit));
        let classification = Classification {
            score: Some(0.25),
            class: Some(Text::from("low")),
            model_version: Some(Text::from("edit-risk/1")),
            ingest_time: now,
            score_time: now,
        };
        let classified = json!(ClassifiedEdit {
            edit: *edit,
            classification
        });
        keeps(&CLASSIFIED, &classified);
        // Each of a known revision leads to what it changed.
        let is_known = classified["rev_id"].as_i64().is_some_and(|id| id > 0);
        let page = format!("/w/index.php?diff={}", classified["rev_id"]);
        let url = classified["url"].as_str();
        assert_eq!(url.is_some_and(|url| url.ends_with(&page)), is_known);
        edits += 1;
    }
    assert!(edits > 4_000, "{edits}");
}

proptest! {
    #[test]
    fn generated_edits_keep_the_contracts(mut record in classified()) {
        // The generator makes any number, but a score is a probability.
        record.classification.score = record.classification.score.map(|score| score.abs() % 1.0);
        keeps(&EDIT, &json!(record.edit));
        keeps(&CLASSIFIED, &json!(record));
    }
}

#[test]
fn the_contracts_refuse_other_records() {
    let payload = std::fs::read(root("testdata/events/page-change-edit.json")).unwrap();
    let Body::Edit(edit) = Event::parse(&payload).unwrap().body else {
        panic!("no edit");
    };
    let good = json!(edit);
    keeps(&EDIT, &good);
    for (field, value) in [
        ("unknown", json!(1)),
        ("event_time", json!("yesterday")),
        ("event_time", json!(null)),
        ("user_type", json!("admin")),
        ("rev_id", json!("7")),
        ("page_title", json!("")),
        ("user_groups", json!(null)),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        assert!(!EDIT.is_valid(&bad), "{field}");
    }
    for field in [
        "meta_id",
        "wiki",
        "page_title",
        "user_type",
        "user",
        "source_offset",
    ] {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(field);
        assert!(!EDIT.is_valid(&bad), "{field}");
    }
    assert!(!CLASSIFIED.is_valid(&good));
}
