//! What the classifier writes of an edit that is wrongly dated.

use super::*;
use crate::log::LogOptions;
use crate::patience::Problems;
use tokio_util::sync::CancellationToken;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::time::EventTime;
use wikisentry_lake::registry::Registry;

#[test]
fn an_edit_dated_ahead_happened_an_hour_after_it_came_and_is_scored_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(&folder.path().join("models"), "edit-risk");
    registry.bootstrap().unwrap();
    let champion = Arc::new(registry.champion().unwrap());
    let log = Log::open(&folder.path().join("log"), LogOptions::default()).unwrap();
    let arrival = EventTime::parse("2026-03-01T12:00:00Z").unwrap();
    let event = include_str!("../../../../testdata/events/page-change-edit.json");
    let mut tx = Transaction::new();
    // The second says the time that the first is given.
    for stated in [
        "2031-05-01T00:00:00Z",
        "2026-03-01T13:00:00Z",
        "1970-01-01T00:00:00Z",
    ] {
        let mut event: serde_json::Value = serde_json::from_str(event).unwrap();
        event["dt"] = stated.into();
        tx.append(
            Topic::EditsRegistered,
            Record::json(arrival, Vec::new(), &event),
        );
    }
    log.commit(tx).unwrap();
    let (_champion, champion) = watch::channel(champion);
    let (view, drift) = (
        watch::channel(ClassifyCounters::default()).0,
        watch::channel(None).0,
    );
    let mut classifier = Classifier::open(log.clone(), champion, false, view, drift).unwrap();
    let patience = Patience {
        stop: CancellationToken::new(),
        problems: Problems::default(),
        component: CONSUMER,
    };
    let fetched = classifier.consumer.fetch(&patience).unwrap().unwrap();
    let tx = classifier.classify(&fetched);
    log.commit(tx).unwrap();
    let batch = log.read(Topic::EditsClassified, 0).unwrap().unwrap();
    let edits = batch.iter().map(|record| {
        let edit = ClassifiedEdit::from_json(record.value).unwrap();
        (edit.edit.event_time.to_string(), edit.classification.score)
    });
    let edits: Vec<_> = edits.collect();
    let times: Vec<&str> = edits.iter().map(|(time, _)| time.as_str()).collect();
    let expected = [
        "2026-03-01T13:00:00.000Z",
        "2026-03-01T13:00:00.000Z",
        "1970-01-01T00:00:00.000Z",
    ];
    assert_eq!(times, expected);
    assert!(
        edits[0].1.is_some() && edits[0].1 == edits[1].1,
        "{edits:?}"
    );
}
