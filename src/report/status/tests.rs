//! The view of the platform's state.

use super::*;
use crate::text::columns;
use anstream::adapter::strip_str;
use serde_json::{Value, json};

fn shown(status: Value) -> String {
    let status: Status = serde_json::from_value(status).unwrap();
    strip_str(&view(&status, "wikisentry up", usize::MAX)).to_string()
}

fn degraded() -> Value {
    json!({
        "schema": 2, "health": "degraded", "profile": "embedded", "version": "0.1.0",
        "at": "2026-09-17T03:42:33Z",
        "process": {"pid": 4711, "started_at": "2026-09-17T03:00:00Z",
                    "api": "http://127.0.0.1:8000", "memory_bytes": 96_000_000},
        "feed": {"source": "https://stream.wikimedia.org/v2/stream", "state": "waiting",
                 "detail": "no route", "unreachable_since": "2026-09-17T03:42:33Z",
                 "last_event_at": "2026-09-17T03:42:30Z", "lag_seconds": 0.8, "connections": 3},
        "received": 1_234_567, "duplicates": 12, "canaries": 30, "gaps": 1, "scored": 700_000,
        "archived": 900_000, "deadletter": 2, "alerts": 5,
        "bookmark": {"positions": {"eqiad.mediawiki.recentchange/0": 7},
                     "time": "2026-09-17T03:42:29Z", "age_seconds": 700.0},
        "rates": {"received": 0.0, "scored": 0.0, "archived": 12.5},
        "other": {"categorize": 200, "log": 100},
        "alerts_by_kind": {"edit_burst": 2, "high_risk_edit": 3},
        "model": {"version": "edit-risk/1", "created": "2026-09-01T00:00:00Z", "age_seconds": 1.4e6,
                  "drift": {"rows": 1_500, "score_psi": 0.312, "score_by_chance": 0.006, "features": [
                      {"name": "account_edits", "psi": 0.4, "by_chance": 0.007,
                       "missing": 0.9, "missing_in_training": 0.1},
                      {"name": "wiki_bucket", "psi": 0.05, "by_chance": 0.007,
                       "missing": 0.0, "missing_in_training": 0.0}]}},
        "topics": [{"name": "edits.registered", "records": 50_000, "first": 1_000, "next": 51_000,
                    "bytes": 7_000_000},
                   {"name": "alerts", "records": 0, "first": 0, "next": 0, "bytes": 0}],
        "consumers": [{"name": "archive", "lag": 1_200}, {"name": "classify", "lag": 0}],
        "webhook": {"sent": 4, "failed": 1, "dropped": 0},
        "disk": {"log_bytes": 30_000_000, "lake_bytes": 2_000_000, "lake_files": 12,
                 "free_bytes": 50_000_000_000u64},
        "problems": [{"component": "feed", "message": "feed unreachable: \u{1b}[2J no route",
                      "since": "2026-09-17T03:42:33Z", "help": "try `wikisentry demo`"}],
    })
}

#[test]
fn what_is_wrong_comes_first_with_the_way_out() {
    insta::assert_snapshot!(shown(degraded()), @r#"
    wikisentry 0.1.0, profile embedded: degraded
      ✗ feed: feed unreachable: �[2J no route
        since 2026-09-17T03:42:33.000Z; try `wikisentry demo`

    process   4711 since 2026-09-17T03:00:00.000Z, 91.6 MiB, API http://127.0.0.1:8000
    feed      https://stream.wikimedia.org/v2/stream, waiting; the last event came 0.8 s after it happened; 3 connections so far
    bookmark  2026-09-17T03:42:29.000Z, 12 min old
    received  1,234,567 (0.0/s), of these 12 duplicates, 30 canaries, 2 dead letters; 1 gaps
    scored    700,000 (0.0/s)
    archived  900,000 (12.5/s)
    others    categorize 200, log 100
    alerts    5: edit_burst 2, high_risk_edit 3
    model     edit-risk/1, 16 days old
    drift     score 0.31 over 1,500 edits; most changed features: account_edits 0.40, wiki_bucket 0.05
    waiting   archive 1,200, classify 0
    webhook   4 delivered, 1 given up, 0 dropped
    disk      log 28.6 MiB, lake 1.9 MiB in 12 files; 46.6 GiB free

    topic                  records        size
    edits.registered        50,000     6.7 MiB
    "#);
}

#[test]
fn a_view_that_is_renewed_keeps_its_top_on_a_small_terminal() {
    let status: Status = serde_json::from_value(degraded()).unwrap();
    let shown = |width, rows| {
        let text = watched(&status, "wikisentry up", width, rows);
        let text = strip_str(&text).to_string();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let whole = shown(80, usize::MAX);
    // What matters least gives way to what is watched.
    let compact = shown(80, 24);
    let has = |lines: &[String], name: &str| lines.iter().any(|line| line.starts_with(name));
    for name in ["process", "disk"] {
        assert!(has(&whole, name) && !has(&compact, name), "{compact:#?}");
    }
    assert!(has(&compact, "edits.registered"), "{compact:#?}");
    for rows in [5, 15, 24, 100] {
        let lines = shown(80, rows);
        assert_eq!(lines[0], "03:42:33 UTC; Ctrl-C ends it");
        assert_eq!(lines[1], "wikisentry 0.1.0, profile embedded: degraded");
        assert!(lines.len() < rows, "{rows}: {lines:#?}");
        assert!(lines.iter().all(|line| columns(line) <= 80), "{lines:#?}");
        // What is left out is counted.
        match lines.last().unwrap().strip_prefix("… ") {
            None => assert!(lines == whole || lines == compact, "{rows}: {lines:#?}"),
            Some(more) => {
                let more: usize = more.split(' ').next().unwrap().parse().unwrap();
                assert_eq!(lines.len() - 1 + more, compact.len(), "{rows}");
            }
        }
    }
}

#[test]
fn a_recording_that_was_read_is_not_connected() {
    let mut status = degraded();
    let feed = json!({"source": "replay of sample", "state": "ended", "detail": null,
        "unreachable_since": null, "last_event_at": null, "lag_seconds": null, "connections": 1});
    status["feed"] = feed;
    let shown = shown(status);
    let line = shown.lines().find(|line| line.starts_with("feed"));
    assert_eq!(line, Some("feed      replay of sample, read to its end"));
}

#[test]
fn a_platform_that_never_ran_says_how_to_start_it() {
    let mut status = degraded();
    for (key, value) in [
        ("health", json!("not_running")),
        ("process", Value::Null),
        ("feed", Value::Null),
        ("webhook", Value::Null),
        (
            "bookmark",
            json!({"positions": {}, "time": null, "age_seconds": null}),
        ),
        ("other", json!({})),
        ("topics", json!([])),
        ("consumers", json!([])),
        ("rates", Value::Null),
        ("problems", json!([])),
        (
            "disk",
            json!({"log_bytes": 0, "lake_bytes": 0, "lake_files": 0, "free_bytes": null}),
        ),
        ("alerts_by_kind", json!({})),
    ] {
        status[key] = value;
    }
    for counter in [
        "received",
        "duplicates",
        "canaries",
        "gaps",
        "scored",
        "archived",
        "deadletter",
        "alerts",
    ] {
        status[counter] = json!(0);
    }
    status["model"]["drift"] = Value::Null;
    insta::assert_snapshot!(shown(status), @r#"
    wikisentry 0.1.0, profile embedded: not running; start it with `wikisentry up`

    received  0, of these 0 duplicates, 0 canaries, 0 dead letters; 0 gaps
    scored    0
    archived  0
    alerts    0
    model     edit-risk/1, 16 days old
    "#);
}

fn containers() -> Value {
    let component = |name: &str, state: &str, memory: u64| {
        json!({"name": name, "state": state, "is_ready": state == "healthy",
               "restarts": 1, "out_of_memory": false, "started_at": "2026-09-17T03:00:00Z",
               "memory_bytes": memory, "memory_limit_bytes": 640 << 20})
    };
    let mut reader = component("connect", "unhealthy", 300 << 20);
    reader["connectors"] = json!([{"name": "eventstreams", "state": "running",
                                   "tasks": [{"id": 0, "state": "failed", "error": "Oh"}]}]);
    let mut store = component("minio", "healthy", 90 << 20);
    store["buckets"] = json!([{"name": "wikisentry", "objects": 12_000, "bytes": 5_000_000,
                               "exact": false}]);
    json!({
        "schema": 2, "health": "degraded", "profile": "k3d", "version": "0.1.0",
        "at": "2026-09-17T03:42:33Z", "gaps": 2, "lag": 1_234,
        "bookmark": {"positions": {"eqiad.mediawiki.recentchange/0": 7},
                     "time": "2026-09-17T03:42:29Z", "age_seconds": 4.0},
        "components": [reader, component("kafka", "healthy", 400_000_000), store],
        "topics": [{"name": "edits.registered", "partitions": 4, "records": 51_000,
                    "rate": 30.25, "bytes": 7_000_000},
                   {"name": "alerts", "partitions": 1, "records": 0, "rate": 0.0}],
        "consumers": [{"name": "flink", "state": "Stable", "members": 2, "lag": 1_234}],
        "problems": [{"component": "connect", "message": "task 0 is failed: \u{1b}[2JOh",
                      "help": "see more: `wikisentry logs connect`"}],
    })
}

#[test]
fn containers_are_shown_beside_what_flows_through_them() {
    insta::assert_snapshot!(shown(containers()), @r#"
    wikisentry 0.1.0, profile k3d: degraded
      ✗ connect: task 0 is failed: �[2JOh
        see more: `wikisentry logs connect`

    connector  eventstreams running, 0 of 1 tasks running
    bookmark   2026-09-17T03:42:29.000Z, 4.0 s old
    gaps       2
    waiting    flink 1,234 (stable, 2 members)
    bucket     wikisentry: at least 12,000 objects, 4.8 MiB

    component  state      restarts  memory
    connect    unhealthy         1  300 MiB of 640 MiB
    kafka      healthy           1  381 MiB of 640 MiB
    minio      healthy           1  90.0 MiB of 640 MiB

    topic                  records          rate        size
    edits.registered      ≤ 51,000        30.2/s     6.7 MiB
    alerts                     ≤ 0         0.0/s
    "#);
}

#[test]
fn containers_that_are_down_say_only_how_to_start_them() {
    let mut status = containers();
    status["health"] = json!("not_running");
    insta::assert_snapshot!(
        shown(status),
        @"wikisentry 0.1.0, profile k3d: not running; start it with `wikisentry up`"
    );
}
