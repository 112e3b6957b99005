//! The log under kill -9 at random moments: nothing acknowledged is lost, nothing has holes, and a
//! commit is there whole or not at all. The child is this test binary, run again.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::log::{DedupeWindow, Log, LogOptions, Record, Transaction};

const DIR: &str = "LOG_CRASH_DIR";
const ROUNDS: u64 = 30;
const WINDOW: usize = 500;

fn open(dir: &Path) -> Log {
    Log::open(dir, LogOptions::default()).unwrap()
}

fn number(log: &Log, key: &str) -> u64 {
    log.get(key)
        .unwrap()
        .map_or(0, |value| u64::from_be_bytes(value.try_into().unwrap()))
}

/// Commits for ever; prints the number of each commit once it returned. Every commit appends to
/// two topics, sets two values and carries the dedupe window; sometimes it trims and syncs.
#[test]
#[ignore = "the child of the crash test"]
fn commit_until_killed() {
    let dir = PathBuf::from(std::env::var_os(DIR).expect("run by the crash test"));
    let log = open(&dir);
    let mut window = DedupeWindow::load(&log, WINDOW).unwrap();
    let mut out = std::io::stdout().lock();
    for commit in number(&log, "commit") + 1.. {
        let mut tx = Transaction::new();
        for index in 0..commit % 300 + 1 {
            assert!(window.insert(u128::from(commit) << 64 | u128::from(index)));
            for topic in [Topic::EditsRegistered, Topic::EditsClassified] {
                let value = format!("{commit}/{index} ").repeat(40).into_bytes();
                let key = commit.to_be_bytes().to_vec();
                tx.append(
                    topic,
                    Record {
                        timestamp: EventTime::default(),
                        key,
                        value,
                    },
                );
            }
        }
        window.stage(&mut tx);
        tx.put("commit", commit.to_be_bytes().to_vec());
        tx.put("bookmark", commit.to_be_bytes().to_vec());
        log.commit(tx).unwrap();
        writeln!(out, "committed {commit}").unwrap();
        out.flush().unwrap();
        if commit % 20 == 0 {
            log.sync().unwrap();
        }
        if commit % 50 == 0 {
            log.trim(
                Topic::EditsRegistered,
                log.bounds(Topic::EditsRegistered).next / 2,
            )
            .unwrap();
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let seed: u64 = std::env::var("LOG_CRASH_SEED")
        .map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("LOG_CRASH_SEED={seed}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "commit_until_killed", "--nocapture"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let reader = std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .filter_map(|line| line.rsplit_once("committed ")?.1.parse::<u64>().ok())
                .last()
        });
        std::thread::sleep(Duration::from_millis(rng.random_range(5..200)));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged = reader
            .join()
            .unwrap()
            .unwrap_or(acknowledged)
            .max(acknowledged);
        check(dir.path(), acknowledged, round);
    }
    assert!(
        acknowledged > ROUNDS,
        "the child committed between its deaths"
    );
}

fn check(dir: &Path, acknowledged: u64, round: u64) {
    let log = open(dir);
    let last = number(&log, "commit");
    assert!(
        last >= acknowledged,
        "round {round}: {acknowledged} acknowledged, {last} found"
    );
    assert_eq!(number(&log, "bookmark"), last, "round {round}");
    for topic in [Topic::EditsRegistered, Topic::EditsClassified] {
        let bounds = log.bounds(topic);
        assert_eq!(
            bounds.next,
            (1..=last).map(|commit| commit % 300 + 1).sum::<u64>()
        );
        let mut place = None;
        let mut at = bounds.first;
        while let Some(batch) = log.read(topic, at).unwrap() {
            for record in batch.iter_from(at) {
                let commit = u64::from_be_bytes(record.key.try_into().unwrap());
                let (commit, index) = match place {
                    None => {
                        let before = (1..commit).map(|commit| commit % 300 + 1).sum::<u64>();
                        (commit, record.offset - before)
                    }
                    Some((commit, index)) if index == commit % 300 => (commit + 1, 0),
                    Some((commit, index)) => (commit, index + 1),
                };
                assert_eq!(
                    record.value,
                    format!("{commit}/{index} ").repeat(40).as_bytes()
                );
                place = Some((commit, index));
            }
            at = batch.next_offset();
        }
        assert_eq!(at, bounds.next);
        assert!(place.is_none_or(|place| place == (last, last % 300)));
    }
    let mut window = DedupeWindow::load(&log, WINDOW).unwrap();
    let ids = (1..=last).rev().flat_map(|commit| {
        (0..=commit % 300)
            .rev()
            .map(move |index| u128::from(commit) << 64 | u128::from(index))
    });
    for id in ids.take(WINDOW) {
        assert!(!window.insert(id), "round {round}: {id:x} was forgotten");
    }
}
