//! Which topic an event goes to, by what is subscribed.

use super::*;
use crate::log::LogOptions;
use crate::patience::Problems;
use crate::sse::{Event as Sent, Frame};
use tokio_util::sync::CancellationToken;
use wikisentry_core::topic::Topic;

/// Records by topic after ingest has taken these events.
fn taken(edits_from_page_change: bool, names: &[&str]) -> Vec<(&'static str, u64)> {
    let event = |name: &&str| {
        let path = format!(
            "{}/../../testdata/events/{name}",
            env!("CARGO_MANIFEST_DIR")
        );
        std::fs::read(path).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(folder.path(), LogOptions::default()).unwrap();
    take(
        &log,
        edits_from_page_change,
        names.iter().map(event).collect(),
    );
    let records = Topic::ALL.map(|topic| (topic.name(), log.bounds(topic).next));
    records
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn take(log: &Log, edits_from_page_change: bool, events: Vec<Vec<u8>>) {
    let options = IngestOptions {
        source: "test".to_owned(),
        streams: vec!["mediawiki.recentchange".to_owned()],
        reorder_window: 10,
        dedupe_window: 100,
        edits_from_page_change,
    };
    let (view, _) = watch::channel(IngestView::default());
    let mut ingest = Ingest::open(log.clone(), options, view).unwrap();
    let mut batch = Batch::new();
    for event in events {
        let sent = Sent {
            id: Vec::new().into(),
            name: b"message".to_vec().into(),
            data: event.into(),
        };
        ingest.take(Frame::Event(sent), &mut batch);
    }
    let patience = Patience {
        stop: CancellationToken::new(),
        problems: Problems::default(),
        component: "ingest",
    };
    assert!(ingest.commit(batch, &patience).unwrap());
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
    let events = [ahead, hides].map(|event| serde_json::to_vec(&event).unwrap());
    take(&log, true, events.to_vec());
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
