//! What the feed says is hidden is gone from the lake and from what is shown, also over a restart.

use super::*;
use crate::consume::Consumer;
use crate::counters::{Counters, IngestCounters};
use crate::hidden;
use crate::log::{LogOptions, Record, Transaction};
use crate::patience::Problems;
use crate::tail::{Start, Tail};
use tokio_util::sync::CancellationToken;
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::event::{Body, Event, HiddenParts, Hiding};
use wikisentry_core::topic::Topic;
use wikisentry_lake::archive::{Edits, Lake};

const EDIT: &[u8] = include_bytes!("../../../../testdata/events/page-change-edit.json");
const AT: &str = "2026-03-01T12:00:10Z";

fn patience() -> Patience {
    Patience {
        stop: CancellationToken::new(),
        problems: Problems::default(),
        component: "archive",
    }
}

fn now() -> EventTime {
    EventTime::parse(AT).unwrap()
}

fn classified() -> ClassifiedEdit<'static> {
    let Body::Edit(edit) = Event::parse(EDIT).unwrap().body else {
        panic!("it is an edit")
    };
    ClassifiedEdit {
        edit: *edit,
        classification: Classification {
            score: None,
            class: None,
            model_version: None,
            ingest_time: now(),
            score_time: now(),
        },
    }
}

fn open_log(folder: &std::path::Path) -> Log {
    Log::open(&folder.join("log"), LogOptions::default()).unwrap()
}

/// The edit in its topics.
fn append(log: &Log) {
    let mut tx = Transaction::new();
    let record = Record {
        timestamp: now(),
        key: b"enwiki:x".to_vec(),
        value: EDIT.to_vec(),
    };
    tx.append(Topic::EditsRegistered, record);
    tx.append(
        Topic::EditsClassified,
        Record::json(now(), Vec::new(), &classified()),
    );
    let alert = serde_json::json!({"kind": "edit_burst", "wiki": "enwiki", "subject": "enwiki:Example",
        "title": "Example made many edits", "details": {"user": "Example", "rev_id": 1002}});
    tx.append(
        Topic::Alerts,
        Record::json(now(), b"enwiki:Example".to_vec(), &alert),
    );
    log.commit(tx).unwrap();
}

/// As ingest does it.
fn hide(log: &Log, made_at: Option<EventTime>) {
    let mut counters = IngestCounters::committed(log).unwrap();
    counters.hidden += 1;
    let mut tx = Transaction::new();
    let hiding = Hiding {
        wiki: "enwiki".to_owned(),
        page_title: "Talk:Example page".to_owned(),
        rev_ids: vec![1002],
        made_at,
        parts: HiddenParts {
            user: true,
            comment: true,
        },
    };
    hidden::put(&mut tx, counters.hidden, now(), hiding);
    counters.stage(&mut tx);
    log.commit(tx).unwrap();
}

fn archive_it(archive: &mut Archive, hidden: &Hidden) {
    let mut batch = archive.batch();
    let mut edit = classified();
    hidden.blank(&mut edit.edit);
    batch.push(0, &edit).unwrap();
    let prepared = batch.finish().unwrap().unwrap();
    archive.publish(&prepared).unwrap();
}

/// Names and summaries in the lake.
fn archived(lake: &Lake) -> Vec<(Option<String>, Option<String>)> {
    let mut found = Vec::new();
    for partition in lake.partitions().unwrap() {
        for file in lake.open_partition(partition).unwrap() {
            let path = file.path().to_owned();
            for batch in file.batches().unwrap() {
                let batch = batch.unwrap();
                let edits = Edits::of(&batch, partition.user_type(), &path).unwrap();
                let edits = (0..edits.len()).map(|row| edits.edit(row));
                let texts = |edit: wikisentry_core::edit::Edit<'_>| {
                    let own = |text: Option<wikisentry_core::text::Text<'_>>| {
                        text.map(|text| text.to_string())
                    };
                    (own(edit.user), own(edit.comment))
                };
                found.extend(edits.map(texts));
            }
        }
    }
    found
}

/// All that `tail` shows.
fn shown(log: &Log) -> String {
    let mut text = String::new();
    for topic in Topic::ALL {
        let mut tail = Tail::open(log, topic, Start::Beginning).unwrap();
        let mut more = true;
        while more {
            let mut left = u64::MAX;
            more = tail
                .read(&mut left, |record| {
                    text += &String::from_utf8_lossy(record.key);
                    text += &String::from_utf8_lossy(record.value);
                    true
                })
                .unwrap();
        }
    }
    text
}

#[test]
fn what_is_hidden_later_is_taken_out_once_whether_its_time_is_known_or_not() {
    for made_at in [Some(now()), None] {
        let folder = tempfile::tempdir().unwrap();
        let log = open_log(folder.path());
        let lake = Lake::new(folder.path().join("lake"));
        let (mut archive, _) = Archive::open(lake.clone(), None).unwrap();
        append(&log);
        let mut blanker = Blanker::open(log.clone()).unwrap();
        archive_it(&mut archive, blanker.hidden().unwrap());
        assert!(archived(&lake)[0].0.is_some());
        assert!(shown(&log).contains("Example made"));

        hide(&log, made_at);
        assert!(!blanker.hidden().unwrap().is_empty());
        blanker.run(&mut archive, &patience()).unwrap();
        assert_eq!(archived(&lake), [(None, None)]);
        let text = shown(&log);
        for name in ["\"Example\"", "enwiki:Example", "changed a thing"] {
            assert!(!text.contains(name), "{name}: {text}");
        }

        // After a restart nothing is to be done, and what comes again is blanked on its way.
        drop((blanker, archive));
        let mut blanker = Blanker::open(log.clone()).unwrap();
        assert!(blanker.view.pending(made_at.is_some()).is_empty());
        let (mut archive, _) = Archive::open(lake.clone(), None).unwrap();
        archive_it(&mut archive, blanker.hidden().unwrap());
        assert_eq!(archived(&lake).len(), 2);
        assert!(archived(&lake).iter().all(|texts| *texts == (None, None)));
    }
}

#[test]
fn a_crash_before_it_was_noted_does_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_log(folder.path());
    let lake = Lake::new(folder.path().join("lake"));
    let (mut archive, _) = Archive::open(lake.clone(), None).unwrap();
    archive_it(&mut archive, &Hidden::default());
    hide(&log, Some(now()));
    let blanker = Blanker::open(log.clone()).unwrap();
    blanker.blank(&mut archive, true).unwrap();
    drop(blanker);
    let mut blanker = Blanker::open(log.clone()).unwrap();
    assert_eq!(blanker.view.pending(true).len(), 1);
    blanker.run(&mut archive, &patience()).unwrap();
    assert!(Blanker::open(log).unwrap().view.pending(true).is_empty());
    assert_eq!(archived(&lake), [(None, None)]);
}

#[test]
fn a_reader_that_follows_does_not_show_what_was_hidden_since() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_log(folder.path());
    let mut tail = Tail::open(&log, Topic::EditsClassified, Start::Beginning).unwrap();
    hide(&log, Some(now()));
    append(&log);
    let mut values = Vec::new();
    tail.read(&mut 10, |record| {
        values.push(String::from_utf8(record.value.to_vec()).unwrap());
        true
    })
    .unwrap();
    assert_eq!(values.len(), 1);
    assert!(!values[0].contains("\"Example\""), "{values:?}");
    // The record itself is as it came.
    let mut consumer = Consumer::open(log, "test", &[Topic::EditsClassified]).unwrap();
    let fetched = consumer.fetch(&patience()).unwrap().unwrap();
    let (_, edit) = fetched.edits().next().unwrap();
    assert!(edit.edit.user.is_some());
}

#[test]
fn what_no_record_needs_any_more_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_log(folder.path());
    let lake = Lake::new(folder.path().join("lake"));
    let (mut archive, _) = Archive::open(lake, None).unwrap();
    append(&log);
    hide(&log, Some(now()));
    Blanker::open(log.clone())
        .unwrap()
        .run(&mut archive, &patience())
        .unwrap();
    assert_eq!(log.scan("hidden/").unwrap().len(), 1);
    // Days later all records of that time are gone, and something else is hidden.
    let later = EventTime::from_millis(now().as_millis() + 3 * 24 * 3_600_000).unwrap();
    let mut tx = Transaction::new();
    let record = Record {
        timestamp: later,
        key: Vec::new(),
        value: EDIT.to_vec(),
    };
    tx.append(Topic::EditsRegistered, record);
    log.commit(tx).unwrap();
    for topic in Topic::ALL {
        log.trim(
            topic,
            log.bounds(topic)
                .next
                .saturating_sub(u64::from(topic == Topic::EditsRegistered)),
        )
        .unwrap();
    }
    hide(&log, Some(later));
    Blanker::open(log.clone())
        .unwrap()
        .run(&mut archive, &patience())
        .unwrap();
    let left = log.scan("hidden/").unwrap();
    assert!(left.len() < 2, "{left:?}");
}
