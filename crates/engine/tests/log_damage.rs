//! Damaged files: whatever is flipped or cut, the log hands out what was stored or says that it is
//! damaged. It never hands out anything else and never panics.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::log::{Log, LogError, LogOptions, Record, Transaction};

/// All that a log holds: every record as offset, key and value, and the state.
#[derive(Debug, PartialEq, Eq, Default)]
struct Content {
    records: BTreeMap<(Topic, u64), (Vec<u8>, Vec<u8>)>,
    state: Vec<(String, Vec<u8>)>,
}

fn open(dir: &Path) -> Result<Log, LogError> {
    Log::open(dir, LogOptions { recent_bytes: 0 })
}

fn content(log: &Log) -> Result<Content, LogError> {
    let mut content = Content {
        state: log.scan("")?,
        ..Content::default()
    };
    for topic in Topic::ALL {
        let mut at = 0;
        while let Some(batch) = log.read(topic, at)? {
            for record in batch.iter_from(at) {
                let stored = (record.key.to_vec(), record.value.to_vec());
                content.records.insert((topic, record.offset), stored);
            }
            at = batch.next_offset();
        }
    }
    Ok(content)
}

/// Commits of all sizes, the last ones after the last sync, so that journal, tables and value
/// files all hold something.
fn write(dir: &Path, synced: bool) -> Content {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let log = open(dir).unwrap();
    for commit in 0u64..120 {
        let mut tx = Transaction::new();
        for index in 0..rng.random_range(1..200u32) {
            let topic = Topic::ALL[rng.random_range(0..3)];
            let mut value = vec![0; rng.random_range(0..900)];
            rng.fill(&mut value[..]);
            let key = format!("{commit}/{index}").into_bytes();
            tx.append(
                topic,
                Record {
                    timestamp: EventTime::default(),
                    key,
                    value,
                },
            );
        }
        tx.put("bookmark", commit.to_be_bytes().to_vec());
        tx.put(
            format!("consumer/{}", commit % 5),
            commit.to_be_bytes().to_vec(),
        );
        log.commit(tx).unwrap();
        if commit == 60 || synced && commit == 119 {
            log.sync().unwrap();
        }
    }
    drop(log);
    // Opening cuts off the journal's unused end, which is long and not worth damaging.
    content(&open(dir).unwrap()).unwrap()
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found)
        } else {
            found.push(path)
        }
    }
    found.sort();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(path, to).unwrap();
        }
    }
}

/// What the damaged copy yields: its content, or the damage.
fn look(dir: &Path) -> Result<Content, LogError> {
    open(dir).and_then(|log| content(&log))
}

fn damage(synced: bool, rounds: u32, accept: impl Fn(&Content, &Content) -> bool) {
    let seed: u64 = std::env::var("LOG_DAMAGE_SEED")
        .map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("LOG_DAMAGE_SEED={seed}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    let written = write(&whole, synced);
    let mut outcomes: BTreeMap<&str, u32> = BTreeMap::new();
    for round in 0..rounds {
        let damaged = dir.path().join("damaged");
        copy(&whole, &damaged);
        let mut targets = Vec::new();
        files(&damaged, &mut targets);
        let target = &targets[rng.random_range(0..targets.len())];
        let mut bytes = std::fs::read(target).unwrap();
        let used = bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |at| at + 1);
        let at = rng.random_range(0..used.max(1));
        let flip = rng.random_bool(0.75);
        if flip && at < bytes.len() {
            bytes[at] ^= 1 << rng.random_range(0..8);
        } else {
            bytes.truncate(at);
        }
        std::fs::write(target, bytes).unwrap();
        let place = format!("round {round}: {} at {at}, flip {flip}", target.display());
        let outcome = match look(&damaged) {
            Ok(found) if found == written => "intact",
            Ok(found) => {
                assert!(accept(&found, &written), "{place}: other content");
                "earlier commit"
            }
            Err(LogError::Corrupt { path, why, .. }) => {
                assert!(path == damaged && !why.is_empty(), "{place}");
                "damage named"
            }
            Err(error) => panic!("{place}: {error}"),
        };
        *outcomes.entry(outcome).or_default() += 1;
        std::fs::remove_dir_all(&damaged).unwrap();
    }
    println!("{outcomes:?}");
    assert!(outcomes.contains_key("damage named"));
}

#[test]
fn damage_to_what_was_synced_is_always_told() {
    damage(true, 120, |_, _| false);
}

/// What was not forced to disk may be cut back, as by loss of power, but only to an earlier commit.
#[test]
fn damage_after_the_last_sync_cuts_back_to_a_whole_commit() {
    damage(false, 120, |found, written| {
        let bookmark = |content: &Content| content.state[0].1.clone();
        assert_eq!(found.state[0].0, "bookmark");
        let commit = bookmark(found);
        let number = |key: &[u8]| -> u64 {
            std::str::from_utf8(key)
                .unwrap()
                .split('/')
                .next()
                .unwrap()
                .parse()
                .unwrap()
        };
        let last = u64::from_be_bytes(commit.as_slice().try_into().unwrap());
        let expected: BTreeMap<_, _> = written
            .records
            .iter()
            .filter(|(_, (key, _))| number(key) <= last)
            .map(|(place, record)| (*place, record.clone()))
            .collect();
        last >= 60 && found.records == expected
    });
}

#[test]
fn nothing_is_used_through_a_link_in_the_log_and_no_pipe_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let thesis = dir.path().join("thesis.tex");
    std::fs::write(&thesis, "mine").unwrap();
    std::fs::create_dir(&log).unwrap();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    let pipe = |path: &Path| {
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, path, kind, mode, 0).unwrap();
    };
    for name in ["lock", "synced", "store"] {
        std::os::unix::fs::symlink(&thesis, log.join(name)).unwrap();
        let linked = open(&log).err().unwrap();
        assert!(linked.is_retryable(), "{name}: {linked}");
        std::fs::remove_file(log.join(name)).unwrap();
        pipe(&log.join(name));
        open(&log).err().unwrap();
        std::fs::remove_file(log.join(name)).unwrap();
    }
    assert_eq!(std::fs::read(&thesis).unwrap(), b"mine");
    drop(open(&log).unwrap());
}
