//! The records that this crate writes against the schemas of `docs/contracts`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "all of it is tests"
)]

use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wikisentry_core::deadletter::{DeadLetter, PayloadOrigin};
use wikisentry_core::evaluation::drift::{Drift, FeatureDrift};
use wikisentry_core::time::EventTime;
use wikisentry_engine::status::*;
use wikisentry_lake::registry::Hold;

fn schema(name: &str) -> Validator {
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/../../docs/contracts/{name}.schema.json");
    let text = std::fs::read_to_string(&path).expect(&path);
    let schema: Value = serde_json::from_str(&text).expect(&path);
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

fn now() -> EventTime {
    EventTime::parse("2026-09-17T03:42:33.778Z").unwrap()
}

/// The state of a platform that never ran.
fn idle() -> Status {
    Status::of_profile("embedded", now())
}

/// The state of one that runs, with every part present.
fn running() -> Status {
    let count = |name: &str| BTreeMap::from([(name.to_owned(), 3_u64)]);
    Status {
        health: Health::Degraded,
        process: Some(Process {
            pid: 1,
            started_at: now(),
            api: "http://127.0.0.1:8000".to_owned(),
            scored: 0,
            memory_bytes: Some(1 << 27),
        }),
        feed: Some(Feed {
            source: "https://stream.wikimedia.org/v2/stream".to_owned(),
            state: "waiting".to_owned(),
            detail: Some("reconnects in 3 s".to_owned()),
            unreachable_since: Some(now()),
            last_event_at: Some(now()),
            lag_seconds: Some(0.5),
            connections: 2,
        }),
        flow: Flow {
            received: Some(u64::MAX),
            bookmark: Some(BookmarkStatus {
                positions: BTreeMap::from([("eqiad.mediawiki.recentchange/0".to_owned(), 7)]),
                time: Some(now()),
                age_seconds: Some(1.5),
            }),
            other: Some(count("log")),
            alerts_by_kind: Some(count("edit_war")),
            model: Some(ModelStatus {
                version: "edit-risk/1".to_owned(),
                created: "2026-01-02T03:04:05Z".to_owned(),
                age_seconds: 9.0,
                hold: Some(Hold {
                    since: now(),
                    reason: Some("the feed is broken".to_owned()),
                }),
                drift: Some(Drift {
                    rows: 500,
                    score_psi: 0.31,
                    score_by_chance: 0.02,
                    features: vec![FeatureDrift {
                        name: "account_edits".to_owned(),
                        psi: 0.4,
                        by_chance: 0.02,
                        missing: 0.9,
                        missing_in_training: 0.1,
                    }],
                }),
            }),
            ..Flow::default()
        },
        topics: vec![TopicStatus {
            name: "edits.classified".to_owned(),
            records: 7,
            first: Some(0),
            next: Some(7),
            bytes: Some(9),
            ..TopicStatus::default()
        }],
        consumers: vec![ConsumerStatus {
            name: "archive".to_owned(),
            lag: 3,
            state: None,
            members: None,
        }],
        webhook: Some(WebhookStatus::default()),
        disk: Some(Disk {
            free_bytes: Some(1),
            ..Disk::default()
        }),
        problems: vec![Problem {
            since: Some(now()),
            ..Problem::new("feed", "unreachable", "try `wikisentry demo`")
        }],
        ..idle()
    }
}

#[test]
fn a_status_keeps_its_contract() {
    let schema = schema("status");
    for status in [idle(), running()] {
        keeps(&schema, &json!(status));
    }
    let mut bad = json!(running());
    bad["feed"]["state"] = json!("asleep");
    assert!(!schema.is_valid(&bad));
}

#[test]
fn a_dead_letter_keeps_its_contract() {
    let schema = schema("deadletter");
    for (payload, id) in [
        (&b"{"[..], None),
        (b"\xff", Some("[]".to_owned())),
        (b"", None),
    ] {
        let origin = PayloadOrigin {
            source: "sample".to_owned(),
            id,
        };
        let letter = DeadLetter::new("not JSON".to_owned(), origin, now(), payload, 9);
        keeps(&schema, &json!(letter));
    }
    let both = json!({
        "reason": "r", "origin": { "source": "s" }, "received_at": now(), "bytes": 1,
        "payload": "a", "payload_base64": "YQ=="
    });
    assert!(!schema.is_valid(&both));
}
