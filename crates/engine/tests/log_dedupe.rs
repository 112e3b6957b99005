//! The dedupe window against a plain list of the last N ids, across commits and reopenings.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

use proptest::prelude::*;
use wikisentry_engine::log::{DedupeWindow, Log, LogOptions, Transaction, event_id, pin};

fn open(dir: &tempfile::TempDir) -> Log {
    Log::open(dir.path(), LogOptions::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn is_exact_within_the_window_and_survives_reopening(
        capacity in 1..40usize,
        commits in prop::collection::vec((prop::collection::vec(0..60u128, 0..30), any::<bool>()), 1..20),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut log = open(&dir);
        let mut window = DedupeWindow::load(&log, capacity).unwrap();
        let mut last: Vec<u128> = Vec::new();
        for (ids, reopen) in commits {
            for id in ids {
                // Ids that differ in few bits and ids that differ in high bits only.
                let id = if id % 2 == 0 { id } else { id << 120 };
                let is_new = !last.contains(&id);
                prop_assert_eq!(window.insert(id), is_new);
                if is_new {
                    last.push(id);
                    last.drain(..last.len().saturating_sub(capacity));
                }
            }
            let mut tx = Transaction::new();
            window.stage(&mut tx);
            log.commit(tx).unwrap();
            if reopen {
                drop(log);
                log = open(&dir);
                window = DedupeWindow::load(&log, capacity).unwrap();
            }
            prop_assert_eq!(window.len(), last.len());
            prop_assert!(log.scan("dedupe/").unwrap().len() <= capacity);
        }
    }
}

#[test]
fn a_window_given_up_or_made_smaller_is_loaded_as_the_log_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(&dir);
    let mut window = DedupeWindow::load(&log, 100).unwrap();
    (0..80).for_each(|id| assert!(window.insert(id)));
    let mut tx = Transaction::new();
    window.stage(&mut tx);
    log.commit(tx).unwrap();

    (200..280).for_each(|id| assert!(window.insert(id)));
    let mut given_up = Transaction::new();
    window.stage(&mut given_up);
    drop(given_up);

    let mut window = DedupeWindow::load(&log, 10).unwrap();
    assert_eq!(window.len(), 10);
    assert!(window.insert(200) && window.insert(69) && !window.insert(75));
    let mut tx = Transaction::new();
    window.stage(&mut tx);
    log.commit(tx).unwrap();
    // The first value is kept whole while one id of it counts; 69 is in both.
    assert_eq!(DedupeWindow::load(&log, 100).unwrap().len(), 81);
}

#[test]
fn ids_of_events_are_the_bits_of_a_uuid_or_a_hash_of_the_text() {
    let uuid = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;
    assert_eq!(event_id("01234567-89ab-cdef-0123-456789abcdef"), uuid);
    assert_eq!(event_id("01234567-89AB-CDEF-0123-456789ABCDEF"), uuid);
    // FNV-1a's own test vectors: the empty text, "a" and "foobar".
    assert_eq!(event_id(""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
    assert_eq!(event_id("a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    assert_eq!(
        event_id("foobar"),
        0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18
    );
}

#[test]
fn a_damaged_chunk_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(&dir);
    let mut tx = Transaction::new();
    tx.put("dedupe/0000000000000000", vec![1, 2, 3]);
    log.commit(tx).unwrap();
    let error = DedupeWindow::load(&log, 10).err().unwrap();
    assert!(
        error.to_string().contains("dedupe/0000000000000000"),
        "{error}"
    );
}

#[test]
fn pinned_ids_are_recognised_beyond_the_window_until_the_stream_is_past_them() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(&dir);
    let mut tx = Transaction::new();
    let pinned: Vec<u128> = (0..100_000).rev().chain([5, 5]).collect();
    assert_eq!(pin(pinned, &mut tx), 100_000);
    log.commit(tx).unwrap();

    // Far more than the window of ten holds lies between two of them, also after a restart.
    let mut window = DedupeWindow::load(&log, 10).unwrap();
    let mut next_new = 1_000_000;
    let mut news = |window: &mut DedupeWindow, count: u128| {
        (0..count).for_each(|_| {
            next_new += 1;
            assert!(window.insert(next_new));
        });
        let mut tx = Transaction::new();
        window.stage(&mut tx);
        log.commit(tx).unwrap();
    };
    news(&mut window, 99_999);
    assert!(!window.insert(0) && !window.insert(65_536));
    news(&mut window, 60_000);
    let mut window = DedupeWindow::load(&log, 10).unwrap();
    assert!(!window.insert(99_999) && !window.insert(99_999));
    assert_eq!(window.len(), 10);

    // Nothing of the list has come for longer than the list is long.
    news(&mut window, 100_001);
    assert!(log.scan("pinned/").unwrap().is_empty());
    assert!(window.insert(7) && !window.insert(7));
}
