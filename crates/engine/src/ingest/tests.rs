//! Which topic an event goes to, by what is subscribed.

use super::*;
use crate::log::LogOptions;
use crate::patience::Problems;
use crate::sse::{Event as Sent, Frame};
use tokio_util::sync::CancellationToken;
use wikisentry_core::topic::Topic;

/// Records by topic after ingest has taken these events.
fn taken(edits_from_page_change: bool, names: &[&str]) -> Vec<(&'static str, u64)> {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(folder.path(), LogOptions::default()).unwrap();
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
    for name in names {
        let path = format!(
            "{}/../../testdata/events/{name}",
            env!("CARGO_MANIFEST_DIR")
        );
        let sent = Sent {
            id: Vec::new().into(),
            name: b"message".to_vec().into(),
            data: std::fs::read(path).unwrap().into(),
        };
        ingest.take(Frame::Event(sent), &mut batch);
    }
    let patience = Patience {
        stop: CancellationToken::new(),
        problems: Problems::default(),
        component: "ingest",
    };
    assert!(ingest.commit(batch, &patience).unwrap());
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
