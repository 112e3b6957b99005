//! How fast edits get into the lake on one core, and what memory and space they take:
//! `cargo bench -p wikisentry-lake --bench archive`.

#[path = "../tests/archive_sample/mod.rs"]
mod archive_sample;

use rand::SeedableRng;
use std::io::Write;
use std::time::Instant;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_lake::archive::{Archive, Lake};

// 2026-09-17T03:00:00Z.
const START_MILLIS: i64 = 1_789_614_000_000;
const ROWS: usize = 400_000;

fn main() {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    // 20 ms apart is the feed's 50 edits a second.
    let edits: Vec<_> = (0..ROWS)
        .map(|row| archive_sample::edit(&mut rng, START_MILLIS + row as i64 * 20))
        .collect();
    let mut out = std::io::stdout().lock();
    for batch_rows in [1_000, 3_000, 30_000, 100_000] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let line = run(&edits, batch_rows, folder.path());
        writeln!(out, "{line}").expect("standard output");
    }
}

fn run(edits: &[ClassifiedEdit<'_>], batch_rows: usize, folder: &std::path::Path) -> String {
    let lake = Lake::new(folder.join("lake"));
    let (mut archive, _) = Archive::open(lake, None).expect("a new lake");
    let (mut most_memory, mut published) = (0, 0);
    let start = Instant::now();
    for (number, chunk) in edits.chunks(batch_rows).enumerate() {
        let mut batch = archive.batch();
        for (row, edit) in chunk.iter().enumerate() {
            let offset = (number * batch_rows + row) as u64;
            batch.push(offset, edit).expect("room");
            most_memory = most_memory.max(batch.memory_bytes());
        }
        if let Some(prepared) = batch.finish().expect("room") {
            published += archive.publish(&prepared).expect("room");
        }
    }
    let archived = start.elapsed();
    let start = Instant::now();
    let mut compacted = 0;
    while let Some(compaction) = archive.compact_next(1).expect("room") {
        compacted += compaction.rows;
    }
    let rate = |rows: u64, seconds: f64| (rows as f64 / seconds) as u64;
    let totals = archive.lake().totals().expect("a lake");
    format!(
        "batches of {batch_rows:>6}: {:>7} rows/s archived, {published:>4} files, batch memory {:>5.1} MB; \
         {:>7} rows/s compacted; {:>5.1} bytes/row",
        rate(edits.len() as u64, archived.as_secs_f64()),
        most_memory as f64 / 1e6,
        rate(compacted, start.elapsed().as_secs_f64()),
        totals.bytes as f64 / edits.len() as f64,
    )
}
