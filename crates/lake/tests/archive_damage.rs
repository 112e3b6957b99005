//! Files that cannot be read, and how much the lake holds as it changes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive_sample;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use parquet::arrow::ArrowWriter;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wikisentry_core::event::Event;
use wikisentry_lake::LakeError;
use wikisentry_lake::archive::{Archive, Lake};
use wikisentry_lake::label_facts::{FactBatch, StoredFacts};
use wikisentry_lake::label_table::LabelTable;

// 2026-09-17T03:00:00Z.
const START_MILLIS: i64 = 1_789_614_000_000;
const DAY_MILLIS: i64 = 86_400_000;

/// Publishes batches of a hundred edits of an hour.
fn fill(archive: &mut Archive, batches: u64, hour: i64) {
    let mut rng = ChaCha8Rng::seed_from_u64(hour.unsigned_abs());
    for number in 0..batches {
        let mut batch = archive.batch();
        for row in 0..100 {
            let edit = archive_sample::edit(&mut rng, hour + i64::try_from(row).unwrap());
            batch.push(number * 100 + row, &edit).unwrap();
        }
        let prepared = batch.finish().unwrap().unwrap();
        archive.publish(&prepared).unwrap();
    }
}

fn files(lake: &Lake) -> Vec<PathBuf> {
    let files = lake.files(None).unwrap();
    files.into_iter().map(|file| file.path).collect()
}

fn cut(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

#[test]
fn what_is_counted_is_what_lies_there() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("lake");
    let (mut archive, _) = Archive::open(Lake::new(&root), None).unwrap();
    fill(&mut archive, 1, START_MILLIS);
    drop(archive);
    // What was there before counts too.
    let lake = Lake::new(&root);
    let (mut archive, _) = Archive::open(lake.clone(), None).unwrap();
    let looked = || Lake::new(&root).totals().unwrap();
    assert_eq!(lake.totals().unwrap(), looked());

    fill(&mut archive, 4, START_MILLIS + DAY_MILLIS);
    fill(&mut archive, 1, START_MILLIS + 3 * DAY_MILLIS);
    assert_eq!(lake.totals().unwrap(), looked());
    let before = looked();
    while archive.compact_next(1).unwrap().is_some() {}
    assert!(looked().files < before.files);
    assert_eq!(lake.totals().unwrap(), looked());

    let path = files(&lake).pop().unwrap();
    // As many bytes as before: what is counted is what lay there.
    fs::write(&path, vec![0; fs::metadata(&path).unwrap().len() as usize]).unwrap();
    lake.readable(|| lake.rows()).unwrap();
    let aside = lake.damaged().unwrap();
    assert_eq!(aside.len(), 1);
    assert!(!path.exists() && aside[0].ends_with(path.strip_prefix(&root).unwrap()));
    assert_eq!(lake.totals().unwrap(), looked());
    // The folders are not listed again: what others put there is not seen.
    fs::copy(&aside[0], path.with_file_name("part-x.parquet")).unwrap();
    assert_eq!(lake.totals().unwrap().files + 1, looked().files);
}

#[test]
fn a_look_names_every_damaged_file_and_moves_none() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::new(folder.path().join("lake"));
    let (mut archive, _) = Archive::open(lake.clone(), None).unwrap();
    fill(&mut archive, 3, START_MILLIS);
    let all = files(&lake);
    cut(&all[0]);
    // A byte in the middle of the rows: the footer is sound.
    let mut bytes = fs::read(&all[1]).unwrap();
    for byte in &mut bytes[60..400] {
        *byte ^= 0x5a;
    }
    fs::write(&all[1], bytes).unwrap();
    let found = lake
        .examine(Instant::now() + Duration::from_secs(60))
        .unwrap();
    let said: Vec<String> = found.damaged.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    for path in &all[..2] {
        let path = path.display().to_string();
        assert!(said.iter().any(|one| one.contains(&path)), "{said:?}");
    }
    assert_eq!((found.files, found.left), (all.len() - 2, 0));
    assert_eq!(files(&lake), all);
    let none = lake.examine(Instant::now()).unwrap();
    assert_eq!((none.files, none.left), (0, all.len()));
}

/// A Parquet file of so many equal rows, which takes a bit for each.
fn plant(path: &Path, rows: usize) {
    let column: ArrayRef = Arc::new(BooleanArray::from(vec![true; rows]));
    let batch = RecordBatch::try_from_iter([("is_bot", column)]).unwrap();
    let file = fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn files_that_would_fill_the_memory_are_set_aside_before_they_are_read() {
    const MOST: usize = 1 << 21;
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::new(folder.path().join("lake"));
    let (mut archive, _) = Archive::open(lake.clone(), None).unwrap();
    fill(&mut archive, 1, START_MILLIS);
    let rows = lake.rows().unwrap();
    let planted = files(&lake)[0].with_file_name("part-x.parquet");
    plant(&planted, MOST + 1);
    assert!(planted.metadata().unwrap().len() < 300_000);
    let error = lake.rows().unwrap_err();
    let said = error.to_string();
    assert!(matches!(error, LakeError::TooLarge { found, .. } if found > MOST as u64));
    for part in [
        planted.display().to_string().as_str(),
        "2097153 rows",
        "at most 2097152",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(lake.readable(|| lake.rows()).unwrap(), rows);
    assert!(!planted.exists() && lake.damaged().unwrap().len() == 1);

    let day = "2026-01-01".parse().unwrap();
    let table = folder
        .path()
        .join("lake/labels/date=2026-01-01/labels.parquet");
    fs::create_dir_all(table.parent().unwrap()).unwrap();
    plant(&table, MOST + 1);
    let error = LabelTable::of(&lake).read(day).unwrap_err();
    assert!(matches!(error, LakeError::TooLarge { .. }), "{error}");

    let facts = folder
        .path()
        .join("lake/labels/facts/date=2026-01-01/0-1.jsonl.gz");
    fs::create_dir_all(facts.parent().unwrap()).unwrap();
    let packer = fs::File::create(&facts).unwrap();
    let mut packer = flate2::write::GzEncoder::new(packer, flate2::Compression::fast());
    // One line without an end.
    std::io::copy(
        &mut std::io::repeat(b'x').take((256 << 20) + 1),
        &mut packer,
    )
    .unwrap();
    packer.finish().unwrap();
    let error = StoredFacts::of(&lake).of_day(day).unwrap_err();
    assert!(
        error.to_string().contains("268435457 bytes unpacked"),
        "{error}"
    );
}

#[test]
fn facts_that_cannot_be_unpacked_are_set_aside_and_labels_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("lake");
    let lake = Lake::new(&root);
    let facts = StoredFacts::of(&lake);
    let event = include_str!("../../../testdata/events/revision-tags-change.json").as_bytes();
    let parsed = Event::parse(event).unwrap();
    let day = parsed.time.unwrap().utc().date();
    let mut batch = FactBatch::default();
    batch.push(0, parsed.time.unwrap(), &parsed, event);
    facts.write(&batch.close()).unwrap();
    assert_eq!(facts.of_day(day).unwrap().len(), 1);
    let kept = root.join(format!("labels/facts/date={day}"));
    let file = fs::read_dir(&kept).unwrap().next().unwrap().unwrap().path();
    cut(&file);
    let error = facts.of_day(day).unwrap_err();
    assert!(
        !error.is_transient() && error.to_string().contains("date="),
        "{error}"
    );
    assert!(lake.readable(|| facts.of_day(day)).unwrap().is_empty());
    assert!(!file.exists());
    assert_eq!(lake.damaged().unwrap().len(), 1);

    let labels = root.join("labels/date=2026-01-01/labels.parquet");
    let error = LakeError::WrongSchema {
        path: labels,
        detail: "x".to_owned(),
    };
    assert_eq!(lake.set_aside(&error).unwrap(), None);
}
