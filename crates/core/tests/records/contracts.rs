//! Real and generated records against the schemas of `docs/contracts`.

use super::generated::classified;
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::Read;
use std::sync::LazyLock;
use wikisentry_core::anomaly::{Alert, Finding};
use wikisentry_core::classified::{ClassifiedEdit, Verdict};
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
        let verdict = Verdict {
            score: Some(0.25),
            class: Some(Text::from("low")),
            model_version: Some(Text::from("edit-risk/1")),
            ingest_time: now,
            score_time: now,
        };
        keeps(
            &CLASSIFIED,
            &json!(ClassifiedEdit {
                edit: *edit,
                verdict
            }),
        );
        edits += 1;
    }
    assert!(edits > 4_000, "{edits}");
}

proptest! {
    #[test]
    fn generated_edits_keep_the_contracts(mut record in classified()) {
        // A score is a probability; the generator makes any number.
        record.verdict.score = record.verdict.score.map(|score| score.abs() % 1.0);
        keeps(&EDIT, &json!(record.edit));
        keeps(&CLASSIFIED, &json!(record));
    }
}

#[test]
fn the_contracts_refuse_what_is_none_of_theirs() {
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

#[test]
fn alerts_keep_the_contract() {
    let schema = schema("alert");
    let at = EventTime::from_millis(1_800_000_000_000).unwrap();
    let text = || "x".to_owned();
    for finding in [
        Finding::HighRiskEdit {
            score: 0.9,
            class: text(),
            rev_id: None,
            page_title: text(),
            user: None,
            comment: None,
        },
        Finding::EditBurst {
            user: text(),
            edits: 1,
            span_seconds: 1.5,
            window_seconds: 2.0,
            page_title: text(),
            rev_id: Some(1),
        },
        Finding::EditWar {
            page_title: text(),
            reverts: 1,
            users: 2,
            span_seconds: 1.5,
            window_seconds: 2.0,
            user: Some(text()),
            rev_id: None,
        },
        Finding::FeedStalled {
            last_event_at: at,
            silent_seconds: 60.0,
        },
        Finding::ScoreDrift {
            psi: 0.3,
            limit: 0.2,
            scores: 100,
            observed: vec![0.5, 0.5],
            expected: vec![0.4, 0.6],
        },
    ] {
        let alert = Alert {
            alert_id: "0123456789abcdef0123456789abcdef".to_owned(),
            severity: finding.kind().severity(),
            finding,
            wiki: Some("enwiki".to_owned()),
            subject: "enwiki:1".to_owned(),
            title: text(),
            event_time: at,
            raised_at: at,
            model_version: None,
        };
        let mut record = json!(alert);
        keeps(&schema, &record);
        record["details"]["unknown"] = json!(1);
        assert!(!schema.is_valid(&record), "{record}");
    }
}
