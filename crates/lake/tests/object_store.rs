//! The lake in an object store, by the same code as in a folder, and from whatever thread.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive_sample;

use jiff::civil::date;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};
use rand::SeedableRng;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::event::Event;
use wikisentry_core::labels::{Label, LabelKind, LabelSource};
use wikisentry_core::time::EventTime;
use wikisentry_lake::LakeError;
use wikisentry_lake::archive::{Archive, Edits, Lake, Prepared, find_revision};
use wikisentry_lake::label_facts::{FactBatch, StoredFacts};
use wikisentry_lake::label_table::{LabelTable, revision_key};
use wikisentry_lake::settled_days::{Reach, SettledDays};

// 2026-09-17T03:00:00Z.
const START_MILLIS: i64 = 1_789_614_000_000;

fn stage(archive: &Archive, edits: &[ClassifiedEdit<'_>], first: usize) -> Prepared {
    let mut batch = archive.batch();
    for (at, edit) in edits.iter().enumerate() {
        batch.push((first + at) as u64, edit).unwrap();
    }
    batch.finish().unwrap().unwrap()
}

/// Everything that readers get, twice over if it is there twice.
fn ids(lake: &Lake) -> Vec<String> {
    let mut ids = Vec::new();
    for partition in lake.partitions().unwrap() {
        for file in lake.open_partition(partition).unwrap() {
            let path = file.path().to_owned();
            for batch in file.batches().unwrap() {
                let batch = batch.unwrap();
                let edits = Edits::of(&batch, partition.user_type(), &path).unwrap();
                ids.extend((0..edits.len()).map(|row| edits.edit(row).meta_id.to_string()));
            }
        }
    }
    ids.sort();
    ids
}

#[test]
fn edits_are_archived_recovered_and_read_there_once_each() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let lake = || Lake::on_store(Arc::clone(&store), "lake");
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
    let edits: Vec<_> = (0..3_000)
        .map(|row| archive_sample::edit(&mut rng, START_MILLIS + row * 5_000))
        .collect();
    let mut wanted: Vec<String> = edits
        .iter()
        .map(|edit| edit.edit.meta_id.to_string())
        .collect();
    wanted.sort();

    let (mut archive, _) = Archive::open(lake(), None).unwrap();
    let first = stage(&archive, &edits[..1_000], 0);
    assert_eq!(lake().rows().unwrap(), 0, "nothing is to be seen yet");
    assert_eq!(archive.publish(&first).unwrap(), first.files().len());
    assert_eq!(archive.publish(&first).unwrap(), 0, "it was done");
    assert_eq!(ids(&lake()).len(), 1_000);

    // Killed after the commit; a second batch was staged and is forgotten.
    let second = stage(&archive, &edits[1_000..], 1_000);
    let forgotten = stage(&archive, &edits[..10], 3_000);
    drop(archive);
    let (mut archive, recovered) = Archive::open(lake(), Some(&second.to_json())).unwrap();
    assert_eq!(recovered.published, second.files().len());
    assert_eq!(recovered.removed, forgotten.files().len());
    assert_eq!(ids(&lake()), wanted);
    let error = archive.publish(&forgotten).unwrap_err();
    assert!(matches!(error, LakeError::Lost { .. }), "{error}");

    let lake = lake();
    let since = EventTime::from_millis(START_MILLIS).unwrap();
    let recent: BTreeSet<String> = lake
        .recent_ids(since)
        .unwrap()
        .map(|id| id.unwrap().meta_id)
        .collect();
    assert_eq!(recent.into_iter().collect::<Vec<_>>(), wanted);
    let (wiki, rev_id) = (&edits[1_234].edit.wiki, edits[1_234].edit.rev_id.unwrap());
    let found = find_revision(&lake, Some(wiki), rev_id).unwrap().found;
    assert_eq!(found[0].classified().unwrap(), edits[1_234]);
    let totals = lake.totals().unwrap();
    assert_eq!(totals.files, lake.files(None).unwrap().len() as u64);
    assert!(totals.bytes > 50_000);
    // There are no folders to exchange.
    assert_eq!(archive.compact_next(1).unwrap(), None);
}

const NEXT_DAY: Reach = Reach {
    before: 0,
    after: 1,
};

/// What labels are made from, and labels, written and read back.
fn keep_labels(lake: &Lake) {
    let payload = include_bytes!("../../../testdata/events/revision-tags-change.json");
    let event = Event::parse(payload).unwrap();
    let (facts, table) = (StoredFacts::of(lake), LabelTable::of(lake));
    for _ in 0..2 {
        let mut batch = FactBatch::default();
        batch.push(7, event.time.unwrap(), &event, payload);
        facts.write(&batch.close()).unwrap();
    }
    let day = event.time.unwrap().utc().date();
    assert_eq!(facts.of_day(day).unwrap().len(), 1);

    assert!(table.read(day).unwrap().is_empty());
    let label = Label {
        wiki: "enwiki".to_owned(),
        rev_id: 5,
        page_title: "A page".to_owned(),
        edit_time: event.time.unwrap(),
        kind: LabelKind::Damage,
        source: LabelSource::Tag,
        reverting_rev_id: None,
        reverting_user_type: None,
        reverted_at: event.time.unwrap(),
        delay_seconds: 9,
        update: 1,
    };
    table.write(day, &[&label]).unwrap();
    let known = table.read(day).unwrap();
    assert_eq!(known[&revision_key("enwiki", 5)].delay_seconds, 9);
    let look = || SettledDays::look(lake, NEXT_DAY).unwrap();
    assert!(!look().is_settled(day));
    look().settle(&[day]).unwrap();
    assert!(look().is_settled(day));
}

#[test]
fn labels_are_kept_there_and_in_a_folder() {
    keep_labels(&Lake::on_store(Arc::new(InMemory::new()), "lake"));
    let folder = tempfile::tempdir().unwrap();
    keep_labels(&Lake::new(folder.path().join("lake")));
    let names = [
        "labels/settled.json",
        "labels/date=2026-03-01/labels.parquet",
    ];
    for name in names {
        assert!(folder.path().join("lake").join(name).is_file(), "{name}");
    }
}

#[test]
fn a_store_that_needs_a_runtime_works_on_the_one_it_was_opened_in() {
    let slow = ThrottleConfig {
        wait_get_per_call: Duration::from_millis(1),
        wait_put_per_call: Duration::from_millis(1),
        wait_list_with_delimiter_per_call: Duration::from_millis(1),
        ..ThrottleConfig::default()
    };
    let store = Arc::new(ThrottledStore::new(InMemory::new(), slow));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap();
    let lake = runtime.block_on(async { Lake::on_store(store, "lake") });
    // This thread is in no runtime.
    keep_labels(&lake);
}

/// A Tokio task may do a number of things before it has to go back to the runtime; without a
/// remedy this would wait for ever.
#[tokio::test]
async fn a_task_may_use_a_lake_as_often_as_it_likes() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::new(folder.path());
    for at in 0..400_u16 {
        let day = date(2026, 1, 1 + (at % 31) as i8);
        let mut days = SettledDays::look(&lake, NEXT_DAY).unwrap();
        days.settle(&[day]).unwrap();
        assert!(!days.is_settled(day), "it has no edits");
    }
}
