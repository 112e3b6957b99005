//! Compaction keeps every edit exactly once, also when it dies between any two of its steps.

use super::*;
use crate::archive::Prepared;
use crate::archive::archive_sample;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::path::PathBuf;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

// 2026-09-17T03:00:00Z.
const START_MILLIS: i64 = 1_789_614_000_000;
const HOUR_MILLIS: i64 = 3_600_000;

struct Fixture {
    folder: tempfile::TempDir,
    rng: ChaCha8Rng,
    next_offset: u64,
    written: Vec<String>,
    last: Option<Prepared>,
}

impl Fixture {
    fn new(seed: u64) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            next_offset: 0,
            written: Vec::new(),
            last: None,
        }
    }

    /// Opens as after a crash; the log may still know the last batch's intent, or know it again.
    fn open(&self, with_intent: bool) -> Archive {
        let intent = self
            .last
            .as_ref()
            .filter(|_| with_intent)
            .map(Prepared::to_json);
        let lake = Lake::new(self.folder.path().join("lake"));
        Archive::open(lake, intent.as_deref()).unwrap().0
    }

    /// Publishes a batch of edits by registered users, all in the hour that begins at `start`.
    fn publish(&mut self, archive: &mut Archive, start: i64) {
        let mut batch = archive.batch();
        for _ in 0..self.rng.random_range(1..40) {
            let millis = start + self.rng.random_range(0..HOUR_MILLIS);
            let mut record = archive_sample::edit(&mut self.rng, millis);
            record.edit.user_type = UserType::Registered;
            self.written.push(record.edit.meta_id.to_string());
            batch.push(self.next_offset, &record).unwrap();
            self.next_offset += 1;
        }
        let prepared = batch.finish().unwrap().unwrap();
        archive.publish(&prepared).unwrap();
        self.last = Some(prepared);
    }

    /// Every edit is in the lake once, and by hour in the order in which it was written.
    fn assert_whole(&self, archive: &Archive) {
        let since = EventTime::from_millis(START_MILLIS - HOUR_MILLIS).unwrap();
        let ids = archive.lake().recent_ids(since).unwrap();
        let found: Vec<String> = ids.map(|id| id.unwrap().meta_id).collect();
        assert_eq!(found, self.written);
        assert_eq!(staged(&archive.lake), Vec::<String>::new());
    }
}

/// What is in the staging folder, whatever it is.
fn staged(lake: &Lake) -> Vec<String> {
    lake.storage()
        .folder()
        .unwrap()
        .names(&lake::staging())
        .unwrap()
}

/// Where the files of the first hour are.
fn files_of_first_hour(lake: &Lake) -> Vec<PathBuf> {
    let keys = lake.partition_files(first_hour()).unwrap();
    keys.iter().map(|key| lake.storage().path(key)).collect()
}

fn first_hour() -> Partition {
    let start = EventTime::from_millis(START_MILLIS).unwrap();
    Partition::of(UserType::Registered, start)
}

/// Takes the steps of a compaction up to `steps` and stops there as a crash would.
fn die_after(lake: &Lake, steps: usize) {
    let rewrite = Rewrite::plan(lake, first_hour()).unwrap().unwrap();
    let path = |key| lake.storage().path(key);
    match steps {
        0 => {}
        1 => fs::create_dir(path(&rewrite.staged)).unwrap(),
        2 => {
            // As it is before it has its name.
            let torn = format!("{}#1", path(&rewrite.target).display());
            fs::create_dir(path(&rewrite.staged)).unwrap();
            fs::write(torn, b"PAR1 and half of the rest").unwrap();
        }
        _ => {
            rewrite.build().unwrap();
        }
    }
    if steps >= 4 {
        assert!(rewrite.exchange().unwrap());
    }
    if steps >= 5 {
        let names = rewrite.folder.names(&rewrite.staged).unwrap();
        fs::remove_file(path(&rewrite.staged).join(&names[0])).unwrap();
    }
    if steps >= 6 {
        rewrite.remove().unwrap();
    }
}

#[test]
fn a_crash_at_any_step_leaves_every_edit_once() {
    for steps in 0..=6 {
        for with_intent in [false, true] {
            let mut fixture = Fixture::new(steps as u64);
            let mut archive = fixture.open(false);
            for _ in 0..5 {
                fixture.publish(&mut archive, START_MILLIS);
            }
            die_after(&archive.lake, steps);
            drop(archive);

            let mut archive = fixture.open(with_intent);
            fixture.assert_whole(&archive);
            // A later hour closes the first, which is then compacted if it was not before.
            fixture.publish(&mut archive, START_MILLIS + 2 * HOUR_MILLIS);
            let compaction = archive.compact_next(1).unwrap();
            assert_eq!(compaction.is_some(), steps < 4, "after {steps} steps");
            assert_eq!(
                archive.lake().partition_files(first_hour()).unwrap().len(),
                1
            );
            fixture.assert_whole(&archive);
        }
    }
}

#[test]
fn an_intent_that_returns_after_its_files_were_merged_is_done() {
    let mut fixture = Fixture::new(21);
    let mut archive = fixture.open(false);
    for _ in 0..3 {
        fixture.publish(&mut archive, START_MILLIS);
    }
    // Merged twice: the names of the first inputs must outlive the second merge.
    for _ in 0..2 {
        let rewrite = Rewrite::plan(&archive.lake, first_hour()).unwrap().unwrap();
        rewrite.build().unwrap();
        assert!(rewrite.exchange().unwrap());
        rewrite.remove().unwrap();
        let last = fixture.last.clone();
        fixture.publish(&mut archive, START_MILLIS);
        fixture.last = last;
    }
    let archive = fixture.open(true);
    fixture.assert_whole(&archive);
}

#[test]
fn only_closed_hours_with_too_many_files_are_rewritten() {
    let mut fixture = Fixture::new(22);
    let mut archive = fixture.open(false);
    for _ in 0..4 {
        fixture.publish(&mut archive, START_MILLIS);
    }
    assert_eq!(archive.compact_next(3).unwrap(), None, "the hour is open");
    fixture.publish(&mut archive, START_MILLIS + 2 * HOUR_MILLIS);
    assert_eq!(
        archive.compact_next(4).unwrap(),
        None,
        "four files are not too many"
    );
    let compaction = archive.compact_next(3).unwrap().unwrap();
    assert_eq!((compaction.partition, compaction.files), (first_hour(), 4));
    assert!(compaction.bytes_after < compaction.bytes_before);
    assert_eq!(
        archive.compact_next(0).unwrap(),
        None,
        "one file is as few as can be"
    );

    // Late edits add files; the hour is rewritten again when they are too many.
    fixture.publish(&mut archive, START_MILLIS);
    assert_eq!(
        archive.compact_next(1).unwrap(),
        None,
        "one late file is not counted yet"
    );
    fixture.publish(&mut archive, START_MILLIS);
    assert_eq!(archive.compact_next(1).unwrap().unwrap().files, 3);
}

#[test]
fn what_others_put_into_a_folder_is_never_replaced() {
    let mut fixture = Fixture::new(23);
    let mut archive = fixture.open(false);
    for _ in 0..3 {
        fixture.publish(&mut archive, START_MILLIS);
    }
    fixture.publish(&mut archive, START_MILLIS + 2 * HOUR_MILLIS);
    let folder = archive.lake.edits().join(first_hour().to_string());
    // The second is one that the library's own listing does not show.
    for name in ["notes.txt", "notes#1"] {
        let note = folder.join(name);
        fs::write(&note, "mine").unwrap();
        assert_eq!(archive.compact_next(1).unwrap(), None);
        assert_eq!(fs::read_to_string(&note).unwrap(), "mine");
        fixture.assert_whole(&archive);
        fs::remove_file(note).unwrap();
        archive.candidates = None;
    }
}

#[test]
fn a_damaged_file_is_named_and_its_hour_left_as_it_is() {
    let mut fixture = Fixture::new(24);
    let mut archive = fixture.open(false);
    for _ in 0..3 {
        fixture.publish(&mut archive, START_MILLIS);
    }
    fixture.publish(&mut archive, START_MILLIS + 2 * HOUR_MILLIS);
    let files = files_of_first_hour(&archive.lake);
    let mut bytes = fs::read(&files[1]).unwrap();
    bytes[4..40].fill(0xff);
    fs::write(&files[1], bytes).unwrap();
    let error = archive.compact_next(1).unwrap_err();
    assert!(
        error.to_string().contains(files[1].to_str().unwrap()),
        "{error}"
    );
    assert_eq!(files_of_first_hour(&archive.lake), files);
    assert_eq!(staged(&archive.lake), Vec::<String>::new());
    assert_eq!(
        archive.compact_next(1).unwrap(),
        None,
        "it is not tried for ever"
    );
}

#[test]
fn a_reader_sees_every_edit_once_whatever_is_compacted_meanwhile() {
    let mut fixture = Fixture::new(11);
    let mut archive = fixture.open(false);
    for _ in 0..3 {
        fixture.publish(&mut archive, START_MILLIS);
    }
    let of_first_hour = fixture.written.len();
    fixture.publish(&mut archive, START_MILLIS + 3 * HOUR_MILLIS);
    let lake = archive.lake().clone();
    let rows = |files: Vec<crate::archive::OpenFile>| {
        let batches = files.into_iter().flat_map(|file| file.batches().unwrap());
        batches
            .map(|batch| batch.unwrap().num_rows())
            .sum::<usize>()
    };
    // Opened before it: the files are gone, their rows are not.
    let opened = lake.open_partition(first_hour()).unwrap();
    assert_eq!(opened.len(), 3);
    // Listed before it: the first attempt finds them gone, the second finds the merged one.
    let mut listed = Vec::new();
    let read = lake.with_files(first_hour(), |files| {
        listed.push(files.len());
        if listed.len() == 1 {
            archive.compact_next(1)?.unwrap();
        }
        let opened = files
            .iter()
            .map(|key| parquet_file::open(lake.storage(), key));
        opened
            .map(|opened| Ok(opened?.metadata().file_metadata().num_rows()))
            .sum::<Result<i64, LakeError>>()
    });
    assert_eq!(usize::try_from(read.unwrap()).unwrap(), of_first_hour);
    assert_eq!(listed, [3, 1]);
    assert_eq!(rows(opened), of_first_hour);
    assert_eq!(
        rows(lake.open_partition(first_hour()).unwrap()),
        of_first_hour
    );
}

#[test]
fn names_that_were_listed_while_their_folder_was_replaced_are_listed_again() {
    let mut fixture = Fixture::new(12);
    let mut archive = fixture.open(false);
    for _ in 0..3 {
        fixture.publish(&mut archive, START_MILLIS);
    }
    fixture.publish(&mut archive, START_MILLIS + 3 * HOUR_MILLIS);
    let lake = archive.lake().clone();
    // Nothing is opened, so that no missing file tells of it.
    let mut listed = Vec::new();
    let last = lake.with_files(first_hour(), |files| {
        listed.push(files.len());
        if listed.len() == 1 {
            archive.compact_next(1)?.unwrap();
        }
        Ok(files.len())
    });
    assert_eq!((last.unwrap(), listed), (1, vec![3, 1]));
}
