//! Retention: by size and age, never past a consumer, and the disk gets its room back.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

use std::time::{Duration, Instant};
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::log::{Log, LogOptions, Record, RetentionLimits, Transaction};

const TOPIC: Topic = Topic::EditsRegistered;
const NO_SIZE: u64 = u64::MAX;
const NO_AGE: Duration = Duration::from_secs(1 << 40);

fn time(seconds: i64) -> EventTime {
    EventTime::from_seconds(seconds).unwrap()
}

/// `count` records of 1 KB that do not compress, appended at `seconds`.
fn append(log: &Log, count: u64, seconds: i64) {
    let mut tx = Transaction::new();
    for _ in 0..count {
        let value = (0..64)
            .flat_map(|_| rand::random::<u128>().to_le_bytes())
            .collect();
        tx.append(
            TOPIC,
            Record {
                timestamp: time(seconds),
                key: b"enwiki:P".to_vec(),
                value,
            },
        );
    }
    log.commit(tx).unwrap();
}

/// Ten batches of ten records, at 0, 10, … 90 seconds.
fn ten_batches(dir: &tempfile::TempDir) -> Log {
    let log = Log::open(dir.path(), LogOptions::default()).unwrap();
    (0..10).for_each(|batch| append(&log, 10, batch * 10));
    log
}

#[test]
fn drops_what_is_too_old_or_too_much_but_nothing_unread() {
    // Limits in bytes and seconds, what a consumer still needs, now; then where the topic begins.
    let batch = 10 * 1100;
    for (bytes, age, keep, now, first) in [
        (NO_SIZE, NO_AGE, None, 1_000_000, 0),
        (NO_SIZE, Duration::from_secs(50), None, 90, 40),
        (NO_SIZE, Duration::from_secs(50), Some(25), 90, 20),
        (NO_SIZE, Duration::from_secs(50), Some(0), 90, 0),
        (NO_SIZE, Duration::from_secs(1), None, 10_000, 100),
        (3 * batch, NO_AGE, None, 90, 70),
        (3 * batch, NO_AGE, Some(50), 90, 50),
        (0, NO_AGE, None, 90, 100),
        (3 * batch, Duration::from_secs(15), None, 90, 80),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let log = ten_batches(&dir);
        let limits = RetentionLimits { bytes, age };
        let dropped = log.enforce_retention(limits, |_| keep, time(now)).unwrap();
        assert_eq!(
            (log.bounds(TOPIC).first, dropped),
            (first, first),
            "{limits:?} {keep:?}"
        );
        assert_eq!(log.bounds(TOPIC).next, 100);
        let (records, bytes) = (100 - first, log.stored_bytes(TOPIC));
        assert!(bytes <= records * 1100 && bytes >= records * 1000);
        append(&log, 1, 100);
        assert_eq!(log.read(TOPIC, 0).unwrap().unwrap().base_offset(), first);
    }
}

#[test]
fn finds_offsets_by_time_though_the_clock_was_set_back() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path(), LogOptions::default()).unwrap();
    for seconds in [10, 50, 20, 30, 60, 40] {
        append(&log, 10, seconds);
    }
    for (seconds, offset) in [
        (0, 0),
        (10, 0),
        (11, 10),
        (50, 10),
        (51, 40),
        (60, 40),
        (61, 60),
    ] {
        assert_eq!(
            log.offset_at(TOPIC, time(seconds)).unwrap(),
            offset,
            "{seconds} s"
        );
    }
    assert_eq!(log.offset_at(Topic::Alerts, time(5)).unwrap(), 0);
}

#[test]
fn the_disk_gets_back_what_was_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path(), LogOptions::default()).unwrap();
    let limits = RetentionLimits {
        bytes: 10 << 20,
        age: NO_AGE,
    };
    // More than the journal holds several times over, with retention along the way.
    let mut most = 0;
    for commit in 0..400 {
        append(&log, 1000, commit);
        if commit % 20 == 19 {
            log.enforce_retention(limits, |_| None, time(commit))
                .unwrap();
            most = most.max(log.disk_bytes());
        }
    }
    println!(
        "400 MB appended, 10 MiB kept: {} MB on disk at most",
        most / 1_000_000
    );
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        append(&log, 100, 400);
        log.enforce_retention(limits, |_| None, time(400)).unwrap();
        let disk = log.disk_bytes();
        if disk < 200_000_000 {
            println!("{} MB at the end", disk / 1_000_000);
            break;
        }
        assert!(Instant::now() < deadline, "{disk} bytes still on disk");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn watchers_and_caught_up_readers_see_each_append() {
    let dir = tempfile::tempdir().unwrap();
    let log = Log::open(dir.path(), LogOptions::default()).unwrap();
    let mut watch = log.watch(TOPIC);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let reader = std::thread::spawn({
        let log = log.clone();
        move || {
            let mut at = 0;
            while at < 50 {
                runtime.block_on(watch.wait_for(|next| *next > at)).unwrap();
                while let Some(batch) = log.read(TOPIC, at).unwrap() {
                    at = batch.next_offset();
                }
            }
            at
        }
    });
    (0..10).for_each(|batch| append(&log, 5, batch));
    assert_eq!(reader.join().unwrap(), 50);
    let (one, same) = (log.read(TOPIC, 49).unwrap(), log.read(TOPIC, 45).unwrap());
    assert!(
        std::sync::Arc::ptr_eq(&one.unwrap(), &same.unwrap()),
        "decoded once"
    );
}
