//! What a compaction in an object store does, file by file; `together` is about many at the same time.

mod files;
mod together;
mod world;

use super::*;
use crate::archive::parquet_file::{is_merged, name};
use files::{Files, HOUR, hour};
use std::collections::BTreeSet;

const NOTE: &str = "compaction/edits.json";

fn compactor(files: &Files, max_files: usize) -> StoreCompactor {
    StoreCompactor {
        patience: Duration::ZERO,
        ..StoreCompactor::of(&files.lake(), max_files).unwrap()
    }
}

/// So many files in the first hour and one two hours later, so that the first are settled.
fn settled(count: usize) -> Files {
    let mut files = Files::new(7);
    for _ in 0..count {
        files.flink(0);
        files.later(60_000);
    }
    files.later(2 * HOUR);
    files.flink(5);
    files
}

/// What a run did, a word and an hour for each thing told.
fn run(compactor: &StoreCompactor) -> Result<Vec<String>, LakeError> {
    let mut told = Vec::new();
    compactor.run(&mut |it| match it {
        Told::Found(look) => told.push(format!("{} due", look.hours.len())),
        Told::Recovered(partition) => told.push(format!("recovered {partition}")),
        Told::Compacted(done) => told.push(format!("{} files of {}", done.files, done.partition)),
        Told::Skipped(partition, _) => told.push(format!("skipped {partition}")),
    })?;
    Ok(told)
}

#[test]
fn small_files_of_an_hour_become_one_that_names_them() {
    let mut files = settled(5);
    let before = files.listed();
    let first: BTreeSet<String> = before
        .keys()
        .filter(|key| key.as_ref().contains(&hour(0).to_string()))
        .filter_map(|key| Some(key.filename()?.to_owned()))
        .collect();
    let bytes: u64 = before
        .keys()
        .filter(|key| first.contains(key.filename().unwrap()))
        .map(|key| files.bytes(key).unwrap().len() as u64)
        .sum();
    let compactor = compactor(&files, 4);
    let look = compactor.look().unwrap();
    assert_eq!((look.files, look.unfinished), (6, None));
    let [due] = &look.hours[..] else {
        panic!("{look:?}");
    };
    assert_eq!((due.partition, due.files, due.bytes), (hour(0), 5, bytes));
    let done = compactor.compact(due).unwrap().unwrap();
    assert_eq!((done.files, done.bytes_before), (5, bytes));
    assert_eq!(done.rows, files.edits[&hour(0)].len() as u64);

    let after = files.listed();
    assert_eq!(after.len(), 2);
    let mut merged = after.iter().filter(|(key, _)| !before.contains_key(*key));
    let (key, content) = merged.next().unwrap();
    assert!(is_merged(key.filename().unwrap()), "{key}");
    assert_eq!(content.replaces, first);
    assert_eq!(done.bytes_after, files.bytes(key).unwrap().len() as u64);
    assert_eq!(files.plain(), files.expected());
    assert_eq!(run(&compactor).unwrap(), ["0 due"]);
}

#[test]
fn a_merged_file_is_merged_again_with_what_came_late() {
    let mut files = settled(5);
    let compactor = compactor(&files, 2);
    run(&compactor).unwrap();
    let once = files.listed();
    for _ in 0..2 {
        files.flink(0);
    }
    files.later(2 * HOUR);
    files.flink(5);
    assert_eq!(
        run(&compactor).unwrap(),
        ["1 due".to_owned(), format!("3 files of {}", hour(0))]
    );
    assert_eq!(files.plain(), files.expected());
    // It names what the first one replaced, too: should the first come back, it is replaced.
    let first = once.keys().find(|key| is_merged(key.filename().unwrap()));
    let first = first.unwrap();
    assert!(files.bytes(first).is_none());
    let twice = files.listed();
    let (_, content) = twice
        .iter()
        .find(|(key, _)| is_merged(key.filename().unwrap()))
        .unwrap();
    assert_eq!(content.replaces.len(), 8);
    assert!(content.replaces.contains(first.filename().unwrap()));
}

#[test]
fn what_flink_may_look_for_stays() {
    let mut files = Files::new(1);
    for _ in 0..6 {
        files.flink(0);
    }
    // Nothing came an hour later: Flink may have stopped with its last checkpoint.
    files.later(100 * HOUR);
    assert_eq!(run(&compactor(&files, 2)).unwrap(), ["0 due"]);
    files.later(0);
    let mut files = Files::new(1);
    for _ in 0..3 {
        files.flink(0);
    }
    files.later(HOUR - 1);
    for _ in 0..3 {
        files.flink(0);
    }
    assert_eq!(run(&compactor(&files, 2)).unwrap(), ["0 due"]);
    // The first three are settled by this one.
    files.later(1);
    files.flink(5);
    let told = run(&compactor(&files, 2)).unwrap();
    assert_eq!(
        told,
        ["1 due".to_owned(), format!("3 files of {}", hour(0))]
    );
    assert_eq!(files.listed().len(), 5);
}

#[test]
fn an_hour_that_is_not_over_and_one_with_files_of_others_are_left_alone() {
    let mut files = settled(4);
    // Edits of an hour that begins when the newest file was written.
    let ahead = (files.now - files::START) / HOUR;
    for _ in 0..4 {
        files.flink(ahead);
    }
    files.add(0, "part-x.parquet");
    assert_eq!(run(&compactor(&files, 2)).unwrap(), ["0 due"]);
    assert_eq!(files.listed().len(), 10);
}

#[test]
fn files_of_the_embedded_archiver_are_merged_too() {
    let mut files = Files::new(2);
    for offset in 0..4 {
        files.add(0, &name(offset, offset, 0xa0 + offset));
    }
    files.later(2 * HOUR);
    files.flink(5);
    let told = run(&compactor(&files, 2)).unwrap();
    assert_eq!(
        told,
        ["1 due".to_owned(), format!("4 files of {}", hour(0))]
    );
    assert_eq!(files.plain(), files.expected());
}

#[test]
fn a_file_that_cannot_be_read_keeps_its_hour_and_no_other() {
    let mut files = settled(4);
    for _ in 0..4 {
        files.flink(1);
    }
    let broken = files.flink(0);
    files.put(&broken, b"no Parquet".to_vec());
    files.later(2 * HOUR);
    files.flink(6);
    let told = run(&compactor(&files, 2)).unwrap();
    let wanted = [
        "2 due".to_owned(),
        format!("skipped {}", hour(0)),
        format!("4 files of {}", hour(1)),
    ];
    assert_eq!(told, wanted);
    assert!(files.bytes(&broken).is_some());
}

#[test]
fn a_lake_in_a_folder_is_its_archivers() {
    let folder = tempfile::tempdir().unwrap();
    assert!(StoreCompactor::of(&Lake::new(folder.path()), 4).is_none());
}

#[test]
fn a_note_that_is_not_understood_stops_everything() {
    for (note, reason) in [
        (
            "{\"version\": 2, \"nonce\": 1, \"claim\": null}",
            "a later version",
        ),
        ("nothing", "cannot be read"),
    ] {
        let mut files = settled(5);
        files.put(&Key::from(NOTE), note.as_bytes().to_vec());
        let error = run(&compactor(&files, 2)).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(NOTE), "{error}");
        assert_eq!(files.listed().len(), 6);
    }
}

/// Puts a claim of somebody who was killed at once.
fn claimed(files: &Files) -> Claim {
    let compactor = compactor(files, 2);
    let look = compactor.look().unwrap();
    let chosen = compactor.choose(&look.hours[0]).unwrap();
    let merged = Merged::of(compactor.storage(), &chosen.files, &[]).unwrap();
    let claim = Claim::new(hour(0), &merged, Vec::new());
    let noted = claim::read(compactor.storage()).unwrap();
    assert!(claim::replace(compactor.storage(), &noted, Some(&claim)).unwrap());
    assert!(!claim::replace(compactor.storage(), &noted, None).unwrap());
    claim
}

#[test]
fn a_claim_is_waited_for_and_then_taken_over() {
    let mut files = settled(5);
    let claim = claimed(&files);
    let patient = StoreCompactor {
        patience: Duration::from_millis(600),
        ..compactor(&files, 2)
    };
    let start = Instant::now();
    let told = run(&patient).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(600));
    assert_eq!(told, [format!("recovered {}", hour(0)), "0 due".to_owned()]);
    assert_eq!(files.plain(), files.expected());
    // Who put it wakes up and puts its file: it is replaced already, and the next run removes it.
    let merged = files.listed();
    let (_, content) = merged
        .iter()
        .find(|(_, it)| !it.replaces.is_empty())
        .unwrap();
    assert!(content.replaces.contains(&claim.target));
    let late = merged.keys().find(|key| is_merged(key.filename().unwrap()));
    let late = files.bytes(late.unwrap()).unwrap();
    files.put(&claim.key(&claim.target), late);
    assert!(files.plain().len() > files.expected().len());
    assert_eq!(files.live(), files.expected());
    assert_eq!(files.lake().rows().unwrap(), files.expected().len() as u64);
    run(&compactor(&files, 2)).unwrap();
    assert_eq!(files.plain(), files.expected());
}

#[test]
fn a_claim_on_files_that_somebody_removed_by_hand_does_not_stay() {
    let mut files = settled(5);
    let claim = claimed(&files);
    files.remove(&claim.key(&claim.inputs[0]));
    let told = run(&compactor(&files, 2)).unwrap();
    assert_eq!(told, [format!("recovered {}", hour(0)), "0 due".to_owned()]);
    assert_eq!(files.listed().len(), 2);

    let mut files = settled(5);
    let claim = claimed(&files);
    for name in &claim.inputs {
        files.remove(&claim.key(name));
    }
    let told = run(&compactor(&files, 2)).unwrap();
    assert_eq!(told, [format!("recovered {}", hour(0)), "0 due".to_owned()]);
    assert_eq!(files.listed().len(), 1);
}
