//! The log itself: events through `Transaction` and `commit`, compression included, and back.
//! No other store is measured here.

use crate::{Outcome, load};
use std::path::Path;
use std::time::{Duration, Instant};
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::log::{Log, LogOptions, Record, Transaction};

/// Appends `events`, `per_commit` at a time and at most `rate` a second (0: as fast as it goes),
/// then reads all back; prints a line.
pub fn measure(dir: &Path, events: u64, per_commit: u64, rate: u64) -> Outcome {
    let log = Log::open(dir, LogOptions::default())?;
    let sample = load::sample(4096);
    let (start, mut last_sync, mut raw_bytes, mut slowest) =
        (Instant::now(), Instant::now(), 0, Duration::ZERO);
    let mut next = 0;
    while next < events {
        let begun = Instant::now();
        let mut tx = Transaction::new();
        for at in next..next + per_commit {
            let value = sample[at as usize % sample.len()].clone().into_bytes();
            raw_bytes += value.len();
            let timestamp = EventTime::from_millis(at as i64).ok_or("no such time")?;
            let key = b"enwiki:Some page".to_vec();
            tx.append(
                Topic::EditsRegistered,
                Record {
                    timestamp,
                    key,
                    value,
                },
            );
        }
        next += per_commit;
        for (key, value) in load::puts(next) {
            tx.put(key, value);
        }
        log.commit(tx)?;
        slowest = slowest.max(begun.elapsed());
        if last_sync.elapsed() >= Duration::from_secs(1) {
            log.sync()?;
            last_sync = Instant::now();
        }
        if let Some(due) = (next * 1_000_000).checked_div(rate) {
            std::thread::sleep(Duration::from_micros(due).saturating_sub(start.elapsed()));
        }
    }
    log.sync()?;
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), load::cpu_seconds());
    let peak = load::status_kib("VmHWM:") as f64 / 1024.0;
    let begun = Instant::now();
    let mut at = 0;
    while let Some(batch) = log.read(Topic::EditsRegistered, at)? {
        at = batch.next_offset();
    }
    assert_eq!(at, next, "every event is read back");
    println!(
        "log    {per_commit:>9} {:>10.0} {:>7.0} {cpu:>8.1} {peak:>8.0} {:>9.0} {:>10.0}  slowest commit {:.0} ms",
        next as f64 / seconds,
        raw_bytes as f64 / seconds / 1e6,
        log.disk_bytes() as f64 / 1e6,
        raw_bytes as f64 / begun.elapsed().as_secs_f64() / 1e6,
        slowest.as_secs_f64() * 1e3,
    );
    Ok(())
}
