//! Exactly once, whatever crashes: the archive against a caller whose log is one file, replaced
//! atomically. Seeds are printed; `ARCHIVE_SEED` repeats one.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and prints its seed"
)]

mod archive_sample;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::time::EventTime;
use wikisentry_lake::LakeError;
use wikisentry_lake::archive::{Archive, Lake, Prepared};

// 2026-09-17T03:00:00Z.
const START_MILLIS: i64 = 1_789_614_000_000;
/// Where a child process of these tests works.
const FOLDER: &str = "ARCHIVE_TEST_FOLDER";

fn seed() -> u64 {
    let given = std::env::var("ARCHIVE_SEED").ok();
    let seed = given.map_or_else(rand::random, |seed| seed.parse().unwrap());
    eprintln!("ARCHIVE_SEED={seed}");
    seed
}

/// The edit at an offset, the same whenever it is read; a minute apart, one in nine hours late.
fn edit(offset: u64) -> ClassifiedEdit<'static> {
    let mut rng = ChaCha8Rng::seed_from_u64(offset);
    let late = if rng.random_bool(1.0 / 9.0) {
        3 * 3_600_000
    } else {
        0
    };
    archive_sample::edit(&mut rng, START_MILLIS + offset as i64 * 60_000 - late)
}

/// The caller's log: its offset and the archive's intent, replaced in one step.
#[derive(Default, Clone, Serialize, Deserialize)]
struct Log {
    next_offset: u64,
    intent: Option<String>,
}

impl Log {
    fn path(folder: &Path) -> PathBuf {
        folder.join("log.json")
    }

    fn read(folder: &Path) -> Self {
        fs::read(Self::path(folder)).map_or_else(
            |_| Self::default(),
            |json| serde_json::from_slice(&json).unwrap(),
        )
    }

    fn write(&self, folder: &Path) {
        let new = folder.join("log.new");
        fs::write(&new, serde_json::to_vec(self).unwrap()).unwrap();
        fs::rename(new, Self::path(folder)).unwrap();
    }

    fn open_archive(&self, folder: &Path) -> Archive {
        let lake = Lake::new(folder.join("lake"));
        Archive::open(lake, self.intent.as_ref().map(String::as_bytes))
            .unwrap()
            .0
    }
}

fn stage(archive: &Archive, offsets: std::ops::Range<u64>) -> Prepared {
    let mut batch = archive.batch();
    for offset in offsets {
        batch.push(offset, &edit(offset)).unwrap();
    }
    batch.finish().unwrap().unwrap()
}

fn assert_exactly_once(archive: &Archive, next_offset: u64) {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let since = EventTime::from_millis(0).unwrap();
    for id in archive.lake().recent_ids(since).unwrap() {
        *found.entry(id.unwrap().meta_id).or_default() += 1;
    }
    let wanted: BTreeMap<String, usize> = (0..next_offset)
        .map(|offset| (edit(offset).edit.meta_id.to_string(), 1))
        .collect();
    assert!(
        found == wanted,
        "{} ids in the lake, {next_offset} archived",
        found.len()
    );
}

#[test]
fn a_crash_between_any_two_steps_loses_and_repeats_nothing() {
    let mut rng = ChaCha8Rng::seed_from_u64(seed());
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let mut log = Log::default();
    for _ in 0..120 {
        let mut archive = log.open_archive(folder);
        assert_exactly_once(&archive, log.next_offset);
        for _ in 0..rng.random_range(0..3) {
            let end = log.next_offset + rng.random_range(1..60);
            let prepared = stage(&archive, log.next_offset..end);
            log = Log {
                next_offset: end,
                intent: Some(String::from_utf8(prepared.to_json()).unwrap()),
            };
            archive.publish(&prepared).unwrap();
            archive.compact_next(2).unwrap();
            if rng.random() {
                log.intent = None;
            }
        }
        let end = log.next_offset + rng.random_range(1..60);
        match rng.random_range(0..4) {
            0 => {
                // While pushing: the batch's drop does not run.
                let mut batch = archive.batch();
                batch.push(log.next_offset, &edit(log.next_offset)).unwrap();
                std::mem::forget(batch);
            }
            1 => {
                // After staging, before the commit.
                stage(&archive, log.next_offset..end);
            }
            _ => {
                // After the commit, with any number of files already in place.
                let prepared = stage(&archive, log.next_offset..end);
                log.intent = Some(String::from_utf8(prepared.to_json()).unwrap());
                log.next_offset = end;
                let done = rng.random_range(0..=prepared.files().len());
                for file in &prepared.files()[..done] {
                    let target = archive.lake().edits().join(&file.path);
                    fs::create_dir_all(target.parent().unwrap()).unwrap();
                    fs::rename(folder.join("lake/.staging").join(&file.staged), target).unwrap();
                }
            }
        }
    }
    assert_exactly_once(&log.open_archive(folder), log.next_offset);
}

#[test]
fn a_committed_file_that_is_gone_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let log = Log::default();
    let archive = log.open_archive(temporary.path());
    let prepared = stage(&archive, 0..5);
    let victim = &prepared.files()[0];
    fs::remove_file(temporary.path().join("lake/.staging").join(&victim.staged)).unwrap();
    let lake = Lake::new(temporary.path().join("lake"));
    let (mut archive, recovered) = Archive::open(lake.clone(), Some(&prepared.to_json())).unwrap();
    let [missing] = recovered.missing.as_slice() else {
        panic!("{recovered:?}");
    };
    assert_eq!(missing.rows, victim.rows);
    assert!(missing.path.ends_with(&victim.path), "{missing:?}");
    // While it runs nobody has a reason to remove it.
    let error = archive.publish(&prepared).unwrap_err();
    assert!(error.to_string().contains(&victim.path), "{error}");
    // The other files of the batch are in place anyway.
    assert_eq!(
        lake.totals().unwrap().files as usize,
        prepared.files().len() - 1
    );
}

#[test]
fn kill_9_at_random_moments_loses_and_repeats_nothing() {
    let mut rng = ChaCha8Rng::seed_from_u64(seed());
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let mut next_offset = 0;
    for round in 0.. {
        let mut child = child("child_archives_until_killed", folder, "exec \"$@\"");
        std::thread::sleep(Duration::from_millis(rng.random_range(10..120)));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), None, "the child failed by itself");
        let log = Log::read(folder);
        assert!(log.next_offset >= next_offset);
        next_offset = log.next_offset;
        // On a busy machine a child may be killed before it has begun.
        if round >= 25 && next_offset >= 2_000 {
            break;
        }
    }
    assert_exactly_once(&Log::read(folder).open_archive(folder), next_offset);
}

#[test]
fn a_write_that_fails_midway_names_the_file_and_leaves_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    // 64 blocks of 512 bytes or 1 KiB; the signal is ignored so that the write fails instead.
    let limited = "trap '' XFSZ; ulimit -f 64; exec \"$@\"";
    let status = child("child_writes_more_than_it_may", temporary.path(), limited).wait();
    assert!(status.unwrap().success());
    let staged = fs::read_dir(temporary.path().join("lake/.staging")).unwrap();
    assert!(staged.count() > 0, "the child has run to its end");
}

/// Runs one of the ignored tests below in a process of its own.
fn child(test: &str, folder: &Path, script: &str) -> std::process::Child {
    Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", test])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "a child process of the kill -9 test"]
fn child_archives_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let mut log = Log::read(&folder);
    let mut archive = log.open_archive(&folder);
    loop {
        let end = log.next_offset + 1 + log.next_offset % 97;
        let prepared = stage(&archive, log.next_offset..end);
        log.next_offset = end;
        log.intent = Some(String::from_utf8(prepared.to_json()).unwrap());
        log.write(&folder);
        archive.publish(&prepared).unwrap();
        log.intent = None;
        log.write(&folder);
        while archive.compact_next(1).unwrap().is_some() {}
    }
}

#[test]
#[ignore = "a child process of the full disk test"]
fn child_writes_more_than_it_may() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let archive = Log::default().open_archive(&folder);
    let mut batch = archive.batch();
    let mut outcome = Ok(());
    for offset in 0..100_000 {
        let mut record = edit(offset % 50);
        record.edit.comment = Some(
            format!(
                "{:?}",
                ChaCha8Rng::seed_from_u64(offset).random::<[u64; 8]>()
            )
            .into(),
        );
        outcome = batch.push(offset, &record);
        if outcome.is_err() {
            break;
        }
    }
    let error = match outcome {
        Ok(()) => batch.finish().unwrap_err(),
        Err(error) => {
            drop(batch);
            error
        }
    };
    let LakeError::Io {
        path,
        error: refusal,
        ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!(refusal.kind(), ErrorKind::FileTooLarge);
    assert!(path.starts_with(folder.join("lake/.staging")) && error.is_transient());
    assert_eq!(
        fs::read_dir(folder.join("lake/.staging")).unwrap().count(),
        0
    );
    assert_eq!(archive.lake().totals().unwrap().files, 0);
    // Small files still fit; the parent looks for them.
    let prepared = stage(&archive, 0..20);
    assert_eq!(prepared.rows(), 20);
}
