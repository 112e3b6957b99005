//! Open files of the log: bounded, however large it is.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::log::{Log, LogOptions, Record, Transaction};

/// Descriptors of this process that lead into a folder.
fn open_files(folder: &Path) -> usize {
    let descriptors = std::fs::read_dir("/proc/self/fd").unwrap();
    let targets = descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    targets.filter(|target| target.starts_with(folder)).count()
}

#[test]
fn a_large_log_keeps_few_files_open() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().canonicalize().unwrap();
    let log = Log::open(&folder, LogOptions::default()).unwrap();
    let mut noise = ChaCha8Rng::seed_from_u64(1);
    let (mut commits, mut files) = (0, 0);
    // Files are merged behind our back, sooner on a quiet machine: it takes more or fewer commits.
    while files <= 110 {
        let mut tx = Transaction::new();
        for _ in 0..4 {
            let mut value = vec![0; 1 << 20];
            noise.fill(&mut value[..]);
            tx.append(
                Topic::EditsRegistered,
                Record {
                    timestamp: EventTime::from_millis(0).unwrap(),
                    key: Vec::new(),
                    value,
                },
            );
        }
        log.commit(tx).unwrap();
        commits += 1;
        files = walk(&folder);
        assert!(commits < 600, "{files} files after {commits} commits");
    }
    let mut from = 0;
    while let Some(batch) = log.read(Topic::EditsRegistered, from).unwrap() {
        from = batch.next_offset();
    }
    assert_eq!(from, commits * 4);
    let open = open_files(&folder);
    println!("{files} files, {open} of them open");
    assert!(open < 100, "{open} of {files} files are open");
}

fn walk(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    // One that was just merged away is none.
    paths
        .map(|path| match path.is_dir() {
            true => walk(&path),
            false => usize::from(path.exists()),
        })
        .sum()
}
