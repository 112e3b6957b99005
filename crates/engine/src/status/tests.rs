//! The contract that scripts rely on.

use super::*;
use serde_json::{Value, json};

const SCHEMA_FILE: &str = include_str!("../../../../docs/contracts/status.schema.json");

fn time() -> EventTime {
    EventTime::parse("2026-09-17T03:42:33.778Z").unwrap()
}

fn of_containers() -> Status {
    let name = || "x".to_owned();
    let mut status = Status {
        health: Health::Degraded,
        flow: Flow {
            gaps: Some(3),
            bookmark: Some(BookmarkStatus {
                positions: [("a/0".to_owned(), 7)].into(),
                time: Some(time()),
                age_seconds: Some(0.5),
            }),
            ..Flow::default()
        },
        components: vec![ComponentStatus {
            name: name(),
            state: "healthy".to_owned(),
            is_ready: true,
            restarts: 1,
            out_of_memory: false,
            started_at: Some(time()),
            memory_bytes: Some(1),
            memory_limit_bytes: Some(2),
            connectors: vec![ConnectorStatus {
                name: name(),
                state: "running".to_owned(),
                tasks: vec![TaskStatus {
                    id: 0,
                    state: "failed".to_owned(),
                    error: Some(name()),
                }],
            }],
            buckets: vec![BucketStatus {
                name: name(),
                objects: 1,
                bytes: 2,
                exact: false,
            }],
            job: Some(JobStatus {
                state: "running".to_owned(),
                started_at: time(),
                checkpoint_age_seconds: Some(0.5),
                state_bytes: Some(1),
                busy: Some(0.5),
                back_pressure: Some(0.0),
                last_exception: Some(name()),
                ..JobStatus::default()
            }),
            model: Some(ModelInUse {
                version: 2,
                refused: Some(3),
            }),
        }],
        topics: vec![TopicStatus {
            name: name(),
            partitions: Some(4),
            records: 7,
            rate: Some(0.5),
            ..TopicStatus::default()
        }],
        problems: vec![Problem::new("x", "it is down", "`wikisentry up`")],
        ..Status::of_profile("k3d", time())
    };
    let consumer = |lag| ConsumerStatus {
        name: name(),
        lag,
        state: Some("Stable".to_owned()),
        members: Some(1),
    };
    status.set_consumers(vec![consumer(2), consumer(5)]);
    status
}

fn of_a_process() -> Status {
    Status {
        health: Health::Healthy,
        flow: Flow {
            received: Some(1),
            duplicates: Some(0),
            canaries: Some(0),
            gaps: Some(0),
            ahead: Some(0),
            hidden: Some(0),
            scored: Some(1),
            archived: Some(1),
            deadletter: Some(0),
            alerts: Some(0),
            rates: Some(Rates::default()),
            other: Some([("log".to_owned(), 1)].into()),
            alerts_by_kind: Some(BTreeMap::new()),
            model: Some(ModelStatus {
                version: "edit-risk/1".to_owned(),
                created: "2026-01-01".to_owned(),
                age_seconds: 1.0,
                drift: None,
                hold: None,
            }),
            ..Flow::default()
        },
        process: Some(Process {
            pid: 1,
            started_at: time(),
            api: "http://127.0.0.1:8000".to_owned(),
            scored: 1,
            memory_bytes: None,
        }),
        feed: Some(Feed {
            source: "x".to_owned(),
            state: "connected".to_owned(),
            detail: None,
            unreachable_since: None,
            last_event_at: None,
            lag_seconds: None,
            connections: 1,
        }),
        folder: Some("/srv/wikisentry".to_owned()),
        lake: Some("/srv/wikisentry/lake/edits".to_owned()),
        webhook: Some(WebhookStatus::default()),
        disk: Some(Disk::default()),
        ..Status::of_profile("embedded", time())
    }
}

#[test]
fn every_profile_keeps_the_one_contract() {
    let schema: Value = serde_json::from_str(SCHEMA_FILE).unwrap();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let nothing = Status::of_profile("embedded", time());
    for status in [nothing, of_containers(), of_a_process()] {
        let record = json!(status);
        let errors: Vec<String> = validator
            .iter_errors(&record)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:?} in {record}");
        let read: Status = serde_json::from_value(record).unwrap();
        assert_eq!(read, status);
    }
    let mut wrong = json!(of_containers());
    wrong["topics"][0]["records"] = json!("7");
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn what_a_profile_does_not_have_is_absent_and_not_zero() {
    let containers = json!(of_containers());
    for field in [
        "received", "scored", "archived", "process", "feed", "disk", "model",
    ] {
        assert!(containers.get(field).is_none(), "{field}");
    }
    assert_eq!(containers["lag"], 5);
    let process = json!(of_a_process());
    assert!(process.get("components").is_none());
    assert_eq!(
        (&process["received"], &process["gaps"]),
        (&json!(1), &json!(0))
    );
}

#[test]
fn a_recording_is_read_to_its_end_when_every_topic_that_is_read_is() {
    let bookmark = |positions: &[(&str, i64)]| BookmarkStatus {
        positions: positions
            .iter()
            .map(|(partition, next)| ((*partition).to_owned(), *next))
            .collect(),
        ..BookmarkStatus::default()
    };
    let end = BTreeMap::from([("edits".to_owned(), 7), ("tags".to_owned(), 3)]);
    for (positions, expected) in [
        (&[][..], false),
        (&[("edits/0", 6)], false),
        (&[("edits/0", 7)], true),
        (&[("edits/0", 7), ("tags/0", 2)], false),
        (&[("edits/0", 7), ("tags/0", 3)], true),
        // What the recording does not have says nothing.
        (&[("other/0", 9)], false),
        (&[("edits/0", 7), ("other/0", 0)], true),
        (&[("edits/0", -1)], false),
    ] {
        assert_eq!(bookmark(positions).is_at(&end), expected, "{positions:?}");
    }
}
