//! The log when the machine refuses: a full disk, a read-only one, a second opener.
//! Disk full needs a file system of its own: run as root, else the test says that it was skipped.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::log::{Log, LogError, LogOptions, Record, Transaction};

/// A small tmpfs, unmounted at the end.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(bytes: usize) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"])
            .arg(dir.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(dir)),
            _ => {
                println!("skipped: mounting a small tmpfs needs root");
                None
            }
        }
    }

    fn remount(&self, options: &str) {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,{options}")])
            .arg(self.0.path())
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .args(["--lazy"])
            .arg(self.0.path())
            .status();
    }
}

/// Records that do not compress, numbered from `from`.
fn transaction(from: u64, count: u64) -> Transaction {
    let mut tx = Transaction::new();
    for number in from..from + count {
        let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let noise = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        let value = noise.take(128).flatten().collect();
        let key = number.to_be_bytes().to_vec();
        tx.append(
            Topic::EditsRegistered,
            Record {
                timestamp: EventTime::default(),
                key,
                value,
            },
        );
    }
    tx.put("bookmark", (from + count).to_be_bytes().to_vec());
    tx
}

/// Every record is there once, in order, and the bookmark names the end. The end is returned.
fn check(log: &Log) -> u64 {
    let (mut at, mut expected) = (0, 0u64);
    while let Some(batch) = log.read(Topic::EditsRegistered, at).unwrap() {
        for record in batch.iter_from(at) {
            assert_eq!(record.offset, expected);
            assert_eq!(record.key, expected.to_be_bytes());
            expected += 1;
        }
        at = batch.next_offset();
    }
    let bookmark = log.get("bookmark").unwrap().unwrap_or(vec![0; 8]);
    assert_eq!(bookmark, expected.to_be_bytes());
    assert_eq!(log.bounds(Topic::EditsRegistered).next, expected);
    expected
}

fn open(dir: &Path) -> Result<Log, LogError> {
    Log::open(dir, LogOptions::default())
}

/// Commits until the disk is full; the end, and the transaction that was refused.
fn fill(log: &Log, mut next: u64, count: u64) -> (u64, Transaction) {
    loop {
        assert!(next < 1_000_000, "the disk never filled");
        let tx = transaction(next, count);
        match log.commit(tx.clone()) {
            Ok(()) => {
                next += count;
                assert_eq!(log.bounds(Topic::EditsRegistered).next, next);
            }
            Err(error) => {
                let LogError::Io { path, source, .. } = &error else {
                    panic!("{error:?}")
                };
                assert_eq!(source.kind(), ErrorKind::StorageFull, "{error}");
                assert!(path.starts_with(std::env::temp_dir()), "{error}");
                assert!(error.is_retryable());
                return (next, tx);
            }
        }
    }
}

#[test]
fn a_full_disk_refuses_commits_and_resumes_without_hole_when_there_is_room() {
    // Sizes that fill up in the journal, during flushes and around the journal's rotation.
    for (megabytes, count) in [(3usize, 7u64), (11, 50), (20, 333), (90, 700), (150, 64)] {
        let Some(disk) = SmallDisk::mount(megabytes << 20) else {
            return;
        };
        println!("{megabytes} MiB, {count} records a commit");
        let dir = disk.0.path().join("log");
        let log = open(&dir).unwrap();
        let (mut next, mut refused) = fill(&log, 0, count);
        let watch = log.watch(Topic::EditsRegistered);
        for round in 1..=3 {
            assert_eq!(
                log.bounds(Topic::EditsRegistered).next,
                next,
                "nothing partial is visible"
            );
            // Cleaning up after the refusal can free a little: then it fills again.
            (next, refused) = match log.commit(refused.clone()) {
                Ok(()) => fill(&log, next + count, count),
                Err(_) => (next, refused),
            };
            disk.remount(&format!("size={}", (megabytes + round * 40) << 20));
            log.commit(refused).unwrap();
            next += count;
            assert_eq!(log.bounds(Topic::EditsRegistered).next, next);
            assert_eq!(*watch.borrow(), next);
            assert_eq!(check(&log), next);
            log.sync().unwrap();
            (next, refused) = fill(&log, next, count);
        }
        drop(log);
        disk.remount(&format!("size={}", 600 << 20));
        assert_eq!(check(&open(&dir).unwrap()), next);
    }
}

#[test]
fn a_read_only_directory_is_an_error_that_names_it() {
    let Some(disk) = SmallDisk::mount(80 << 20) else {
        return;
    };
    let dir = disk.0.path().join("log");
    drop(open(&dir).unwrap());
    disk.remount("ro");
    let error = open(&dir).err().unwrap();
    let LogError::Io { path, source, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (path.as_path(), source.kind()),
        (dir.join("lock").as_path(), ErrorKind::ReadOnlyFilesystem)
    );
    disk.remount("rw");
    assert_eq!(check(&open(&dir).unwrap()), 0);
}

#[test]
fn a_second_opener_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let error = open(dir.path()).err().unwrap();
    assert!(
        matches!(&error, LogError::Locked { path } if path == dir.path()),
        "{error:?}"
    );
    let clone = log.clone();
    drop(log);
    assert!(matches!(open(dir.path()), Err(LogError::Locked { .. })));
    drop(clone);
    open(dir.path()).unwrap();
}

#[test]
fn records_and_keys_beyond_the_limits_are_refused_whole() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let huge = Record {
        timestamp: EventTime::default(),
        key: vec![],
        value: vec![0; 33 << 20],
    };
    let mut too_large = transaction(0, 3);
    too_large.append(Topic::Alerts, huge);
    let mut no_key = transaction(0, 3);
    no_key.put("", *b"x");
    let mut long_key = transaction(0, 3);
    long_key.delete("k".repeat(2000));
    for tx in [too_large, no_key, long_key] {
        assert!(matches!(log.commit(tx), Err(LogError::Refused { .. })));
        assert_eq!(check(&log), 0);
    }
    let large = Record {
        timestamp: EventTime::default(),
        key: vec![],
        value: vec![7; 20 << 20],
    };
    let mut tx = Transaction::new();
    tx.append(Topic::Alerts, large.clone());
    log.commit(tx).unwrap();
    assert_eq!(
        log.read(Topic::Alerts, 0)
            .unwrap()
            .unwrap()
            .get(0)
            .unwrap()
            .value,
        large.value
    );
}
