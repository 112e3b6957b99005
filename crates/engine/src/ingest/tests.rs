//! Which topic an event goes to, by what is subscribed; redirects that moves leave.

use super::*;
use crate::counters::{MAX_KINDS, OTHER_KINDS};
use crate::log::LogOptions;
use crate::patience::Problems;
use crate::sse::{Event as Sent, Frame};
use tokio_util::sync::CancellationToken;
use wikisentry_core::bookmark::{IdEntry, MAX_PARTITIONS, Resume, ResumeBy};
use wikisentry_core::topic::Topic;

fn opened(log: &Log, edits_from_page_change: bool) -> Ingest {
    let options = IngestOptions {
        source: "test".to_owned(),
        streams: vec!["mediawiki.recentchange".to_owned()],
        reorder_window: 100,
        dedupe_window: 100,
        edits_from_page_change,
    };
    let (view, _) = watch::channel(IngestView::default());
    Ingest::open(log.clone(), options, view).unwrap()
}

fn sent(data: Vec<u8>) -> Frame {
    Frame::Event(Sent {
        id: Vec::new().into(),
        name: b"message".to_vec().into(),
        data: data.into(),
    })
}

fn patience() -> Patience {
    Patience {
        stop: CancellationToken::new(),
        problems: Problems::default(),
        component: "ingest",
    }
}

/// Records by topic after ingest has taken these events.
fn taken(edits_from_page_change: bool, names: &[&str]) -> Vec<(&'static str, u64)> {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(folder.path(), LogOptions::default()).unwrap();
    let mut ingest = opened(&log, edits_from_page_change);
    let mut batch = Batch::new();
    for name in names {
        let path = format!(
            "{}/../../testdata/events/{name}",
            env!("CARGO_MANIFEST_DIR")
        );
        ingest.take(sent(std::fs::read(path).unwrap()), &mut batch);
    }
    assert!(ingest.commit(batch, &patience()).unwrap());
    let records = Topic::ALL.map(|topic| (topic.name(), log.bounds(topic).next));
    records
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect()
}

const EVENTS: [&str; 4] = [
    "page-change-edit.json",
    "page-change-revert.json",
    "revision-tags-change.json",
    "revert-risk.json",
];

#[test]
fn a_revert_by_page_change_is_an_edit_and_a_fact() {
    let both = [("edits.registered", 2), ("revision.tags", 3)];
    assert_eq!(taken(true, &EVENTS), both);
}

#[test]
fn where_recentchange_brings_the_edits_page_change_brings_facts_alone() {
    assert_eq!(taken(false, &EVENTS), [("revision.tags", 4)]);
}

#[derive(serde::Deserialize)]
struct MoveCase {
    name: String,
    edits: Vec<String>,
    left_by_moves: u64,
    events: Vec<serde_json::Value>,
}

fn move_cases() -> Vec<MoveCase> {
    let path = format!(
        "{}/../../testdata/vectors/move_redirect.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let vectors: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    serde_json::from_value(vectors["cases"].clone()).unwrap()
}

/// The ids of the edits in the log, sorted.
fn edits(log: &Log) -> Vec<String> {
    let (mut ids, mut next) = (Vec::new(), 0);
    while let Some(batch) = log.read(Topic::EditsRegistered, next).unwrap() {
        for at in 0..batch.len() {
            let value = batch.get(at).unwrap().value;
            let event: serde_json::Value = serde_json::from_slice(value).unwrap();
            ids.push(event["meta"]["id"].as_str().unwrap().to_owned());
        }
        next = batch.next_offset();
    }
    ids.sort();
    ids
}

#[test]
fn redirects_that_moves_leave_are_no_edits() {
    for case in move_cases() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(folder.path(), LogOptions::default()).unwrap();
        let mut ingest = opened(&log, true);
        let mut batch = Batch::new();
        for event in &case.events {
            ingest.take(sent(event.to_string().into_bytes()), &mut batch);
        }
        ingest.take_waiting(&mut batch);
        assert!(ingest.commit(batch, &patience()).unwrap());
        assert_eq!(edits(&log), case.edits, "{}", case.name);
        let left = ingest.counters.other.get("redirect_left_by_move");
        assert_eq!(
            left.copied().unwrap_or(0),
            case.left_by_moves,
            "{}",
            case.name
        );
        assert_eq!(ingest.counters.received, case.events.len() as u64);
        assert_eq!(ingest.counters.gaps, 0, "{}", case.name);
        let next = ingest.bookmark.positions();
        let last = case.events.iter().map(|it| it["meta"]["offset"].as_i64());
        let topic = "eqiad.mediawiki.page_change.v1/0";
        assert_eq!(
            next.get(topic).copied(),
            last.max().flatten().map(|it| it + 1),
            "{next:?}"
        );
    }
}

#[test]
fn a_crash_while_a_creation_waits_loses_nothing() {
    for case in move_cases() {
        // Later ones repeat what these show; each opens a log of its own.
        for crash in 0..=case.events.len().min(6) {
            let folder = tempfile::tempdir().unwrap();
            let log = Log::open(folder.path(), LogOptions::default()).unwrap();
            let mut ingest = opened(&log, true);
            let mut batch = Batch::new();
            for event in &case.events[..crash] {
                ingest.take(sent(event.to_string().into_bytes()), &mut batch);
            }
            // What waits is not taken; the bookmark says where to ask again.
            assert!(ingest.commit(batch, &patience()).unwrap());
            let next = ingest
                .bookmark
                .positions()
                .into_values()
                .next()
                .unwrap_or(0);
            let mut ingest = opened(&log, true);
            let mut batch = Batch::new();
            let is_missing =
                |event: &&serde_json::Value| event["meta"]["offset"].as_i64() >= Some(next);
            for event in case.events.iter().filter(is_missing) {
                ingest.take(sent(event.to_string().into_bytes()), &mut batch);
            }
            ingest.take_waiting(&mut batch);
            assert!(ingest.commit(batch, &patience()).unwrap());
            let found = edits(&log);
            for wanted in &case.edits {
                assert!(
                    found.contains(wanted),
                    "{}, crash at {crash}: {found:?}",
                    case.name
                );
            }
            let mut once = found.clone();
            once.dedup();
            assert_eq!(found, once, "{}, crash at {crash}", case.name);
        }
    }
}

#[test]
fn what_is_dated_ahead_and_what_hides_something_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(folder.path(), LogOptions::default()).unwrap();
    let edit = include_str!("../../../../testdata/events/page-change-edit.json");
    let mut ahead: serde_json::Value = serde_json::from_str(edit).unwrap();
    let year = crate::ingest::clock::now().utc().year() + 5;
    ahead["dt"] = format!("{year}-05-01T00:00:00Z").into();
    let hides = include_str!("../../../../testdata/events/page-change-visibility-change.json");
    let mut hides: serde_json::Value = serde_json::from_str(hides).unwrap();
    hides["revision"]["is_editor_visible"] = false.into();
    let mut ingest = opened(&log, true);
    let mut batch = Batch::new();
    for event in [ahead, hides] {
        ingest.take(sent(serde_json::to_vec(&event).unwrap()), &mut batch);
    }
    assert!(ingest.commit(batch, &patience()).unwrap());
    let counters = IngestCounters::committed(&log).unwrap();
    assert_eq!(
        (counters.ahead, counters.hidden, counters.deadletter),
        (1, 1, 0)
    );
    let mut view = crate::hidden::HiddenView::open(log).unwrap();
    let hidden = view.refresh().unwrap();
    assert!(
        hidden
            .of("enwiki", Some(1002), "Talk:Example page")
            .is_some()
    );
}

/// An edit that its feed sent with this id.
fn sent_with(id: &str, number: u64) -> Frame {
    let edit = include_str!("../../../../testdata/events/recentchange-2018-bot.json");
    let mut edit: serde_json::Value = serde_json::from_str(edit).unwrap();
    edit["meta"]["id"] = format!("of the feed {number}").into();
    Frame::Event(Sent {
        id: id.as_bytes().to_vec().into(),
        name: b"message".to_vec().into(),
        data: serde_json::to_vec(&edit).unwrap().into(),
    })
}

#[test]
fn a_feed_cannot_make_the_bookmark_large_nor_date_it_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(folder.path(), LogOptions::default()).unwrap();
    let mut ingest = opened(&log, false);
    let mut batch = Batch::new();
    let topics = [
        "eqiad.mediawiki.recentchange",
        "eqiad.mediawiki.page_change.v1",
    ];
    for number in 0..20 {
        let named = (0..1_200).map(|at| {
            let (topic, partition) = (topics[at % 2], number * 1_200 + at);
            format!(r#"{{"topic":"{topic}","partition":{partition},"timestamp":99999999999999}}"#)
        });
        let id = format!("[{}]", named.collect::<Vec<_>>().join(","));
        ingest.take(sent_with(&id, number as u64), &mut batch);
    }
    // Also an event that cannot be read, whose id alone says where it stood.
    let named = (0..MAX_PARTITIONS).map(|at| {
        format!(r#"{{"topic":"eqiad.foreign.{at}","partition":0,"timestamp":99999999999999}}"#)
    });
    let id = format!("[{}]", named.collect::<Vec<_>>().join(","));
    let Frame::Event(readable) = sent_with(&id, 20) else {
        panic!("no event")
    };
    let data = b"{".to_vec().into();
    ingest.take(Frame::Event(Sent { data, ..readable }), &mut batch);
    assert!(ingest.commit(batch, &patience()).unwrap());
    // Also of what was committed.
    let mut bookmark = opened(&log, false).bookmark;
    let Resume::At(header) = bookmark.resume(&["mediawiki.recentchange"], ResumeBy::Offsets) else {
        panic!("{bookmark:?}")
    };
    let entries: Vec<IdEntry<'_>> = serde_json::from_str(&header).unwrap();
    assert_eq!(entries.len(), MAX_PARTITIONS);
    assert!(header.len() < 8 * 1024, "{} bytes", header.len());
    assert!(
        !header.contains("page_change") && !header.contains("foreign"),
        "{header}"
    );
    assert!(bookmark.time().unwrap() <= clock::now());
}

#[test]
fn kinds_of_events_are_counted_one_by_one_up_to_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(folder.path(), LogOptions::default()).unwrap();
    let mut ingest = opened(&log, false);
    let mut batch = Batch::new();
    let event = |kind: String, number: u64| {
        let meta = serde_json::json!({ "id": number.to_string(), "dt": "2026-01-01T00:00:00Z" });
        let event = serde_json::json!({ "$schema": "/mediawiki/recentchange/1.0.0", "type": kind, "meta": meta });
        sent(serde_json::to_vec(&event).unwrap())
    };
    for number in 0..2_000 {
        ingest.take(
            event(format!("kind {number} {}", "x".repeat(500)), number),
            &mut batch,
        );
    }
    ingest.take(
        event("kind 7 ".to_owned() + &"x".repeat(500), 2_000),
        &mut batch,
    );
    assert!(ingest.commit(batch, &patience()).unwrap());
    let counted = IngestCounters::committed(&log).unwrap().other;
    assert_eq!(counted.len(), MAX_KINDS + 1);
    assert_eq!(counted[OTHER_KINDS], 2_000 - MAX_KINDS as u64);
    let twice: Vec<_> = counted.iter().filter(|(_, count)| **count == 2).collect();
    assert_eq!(twice.len(), 1);
    assert!(counted.keys().all(|kind| kind.len() <= 128), "{counted:?}");
}

#[test]
fn a_count_of_too_many_kinds_keeps_the_most_frequent() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(folder.path(), LogOptions::default()).unwrap();
    let earlier = IngestCounters {
        other: (0..20_000).map(|kind| (format!("{kind}"), kind)).collect(),
        ..IngestCounters::default()
    };
    let total: u64 = earlier.other.values().sum();
    let mut tx = Transaction::new();
    earlier.stage(&mut tx);
    log.commit(tx).unwrap();
    let kept = opened(&log, false).counters.other;
    assert_eq!(kept.len(), MAX_KINDS + 1);
    assert_eq!(kept["19999"], 19_999);
    assert_eq!(kept.values().sum::<u64>(), total);
}

#[test]
fn the_bookmark_of_an_address_with_a_password_is_kept_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(folder.path(), LogOptions::default()).unwrap();
    let mut tx = Transaction::new();
    let time = EventTime::from_millis(1_700_000_000_000).unwrap();
    for source in [
        "https://me:secret@example.org/v2",
        "https://example.org/v2",
        "replay of a: b",
    ] {
        put_bookmark(&mut tx, source, &Bookmark::beginning(time));
    }
    log.commit(tx).unwrap();
    opened(&log, false);
    let keys: Vec<String> = log
        .scan("ingest/bookmark/")
        .unwrap()
        .into_iter()
        .map(|it| it.0)
        .collect();
    assert_eq!(
        keys,
        [
            "ingest/bookmark/https://example.org/v2",
            "ingest/bookmark/https://me:***@example.org/v2",
            "ingest/bookmark/replay of a: b"
        ]
    );
    let kept = committed_bookmark(&log, "https://me:***@example.org/v2").unwrap();
    assert_eq!(kept.time(), Some(time));
}
