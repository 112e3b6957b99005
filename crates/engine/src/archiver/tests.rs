//! What is in the lake already is looked after without a new edit.

use super::*;
use crate::counters::IngestCounters;
use crate::hidden;
use crate::log::LogOptions;
use std::path::Path;
use std::time::Instant;
use tokio_util::sync::CancellationToken;
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::event::{Body, Event, HiddenParts, Hiding};
use wikisentry_core::time::EventTime;
use wikisentry_lake::archive::Edits;

const EDIT: &[u8] = include_bytes!("../../../../testdata/events/page-change-edit.json");
const HOUR: i64 = 3_600_000;

/// A file with one edit, made so many hours after that of the test data.
fn publish(archive: &mut Archive, hours: i64) -> EventTime {
    let Body::Edit(mut edit) = Event::parse(EDIT).unwrap().body else {
        panic!("it is an edit")
    };
    let made = EventTime::from_millis(edit.event_time.as_millis() + hours * HOUR).unwrap();
    edit.event_time = made;
    edit.rev_id = edit.rev_id.map(|id| id + hours);
    let classification = Classification {
        score: None,
        class: None,
        model_version: None,
        ingest_time: made,
        score_time: made,
    };
    let mut batch = archive.batch();
    let edit = ClassifiedEdit {
        edit: *edit,
        classification,
    };
    batch.push(0, &edit).unwrap();
    let prepared = batch.finish().unwrap().unwrap();
    archive.publish(&prepared).unwrap();
    made
}

/// As ingest does it, of the edit of the test data.
fn hide(log: &Log, made_at: EventTime) {
    let mut counters = IngestCounters::committed(log).unwrap();
    counters.hidden += 1;
    let mut tx = Transaction::new();
    let hiding = Hiding {
        wiki: "enwiki".to_owned(),
        page_title: "Talk:Example page".to_owned(),
        rev_ids: vec![1002],
        made_at: Some(made_at),
        parts: HiddenParts {
            user: true,
            comment: true,
        },
    };
    hidden::put(&mut tx, counters.hidden, made_at, hiding);
    counters.stage(&mut tx);
    log.commit(tx).unwrap();
}

/// Users named in the lake.
fn named(lake: &Lake) -> usize {
    let mut named = 0;
    for partition in lake.partitions().unwrap() {
        for file in lake.open_partition(partition).unwrap() {
            let path = file.path().to_owned();
            for batch in file.batches().unwrap() {
                let batch = batch.unwrap();
                let edits = Edits::of(&batch, partition.user_type(), &path).unwrap();
                named += (0..edits.len())
                    .filter(|row| edits.edit(*row).user.is_some())
                    .count();
            }
        }
    }
    named
}

/// The archiver as the pipeline runs it, beside a log that gets no edit, until `done`.
fn run(folder: &Path, log: &Log, lake: &Lake, begun: impl FnOnce(), done: impl Fn() -> bool) {
    let settings = ArchiveSettings {
        interval: Duration::from_millis(10),
        max_rows: 100,
        compact_files: 1,
    };
    let (view, _) = watch::channel(ArchiveCounters::default());
    let (stop, problems) = (CancellationToken::new(), Problems::default());
    let archiver = Archiver::open(log.clone(), lake.clone(), settings, view, &problems).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (handle, patience) = (
        runtime.handle().clone(),
        Patience {
            stop: stop.clone(),
            problems: problems.clone(),
            component: CONSUMER,
        },
    );
    let worker = std::thread::spawn(move || archiver.run(&handle, &patience));
    begun();
    let waited = Instant::now();
    while !done() && waited.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    stop.cancel();
    worker.join().unwrap().unwrap();
    assert!(
        done(),
        "not done in {}: {:?}",
        folder.display(),
        problems.list()
    );
}

#[test]
fn hours_are_compacted_and_names_blanked_though_no_edit_comes() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(&folder.path().join("log"), LogOptions::default()).unwrap();
    let lake = Lake::new(folder.path().join("lake"));
    let (mut archive, _) = Archive::open(lake.clone(), None).unwrap();
    // More closed hours than are compacted at once, two files in each.
    let closed = 2 * COMPACTIONS_AT_ONCE as i64 + 1;
    let mut made = EventTime::default();
    for hour in (0..closed).rev() {
        made = publish(&mut archive, hour);
        publish(&mut archive, hour);
    }
    publish(&mut archive, closed + 48);
    drop(archive);
    let all = 2 * closed as usize + 1;
    assert_eq!((lake.files(None).unwrap().len(), named(&lake)), (all, all));
    // Told before the start.
    hide(&log, made);
    run(
        folder.path(),
        &log,
        &lake,
        || (),
        || lake.files(None).unwrap().len() == closed as usize + 1 && named(&lake) < all,
    );
    assert_eq!(named(&lake), all - 2);
}

#[test]
fn what_is_hidden_while_no_edit_comes_is_blanked() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(&folder.path().join("log"), LogOptions::default()).unwrap();
    let lake = Lake::new(folder.path().join("lake"));
    let (mut archive, _) = Archive::open(lake.clone(), None).unwrap();
    let made = publish(&mut archive, 0);
    drop(archive);
    let hidden = || {
        std::thread::sleep(Duration::from_millis(50));
        hide(&log, made);
    };
    run(folder.path(), &log, &lake, hidden, || named(&lake) == 0);
}
