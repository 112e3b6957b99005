//! What Flink's job costs in the core for an edit, in nanoseconds: classify and each step after it, over
//! the recorded events. `cargo bench -p wikisentry-jvm`; `NativeTest` prints the same through JNI.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench may panic and prints"
)]

use std::collections::HashMap;
use std::hint::black_box;
use std::io::Read;
use std::time::Instant;
use wikisentry_core::time::EventTime;
use wikisentry_jvm::work::alerts::{self, Watch};
use wikisentry_jvm::work::classify::{Times, classify};
use wikisentry_jvm::work::{lake, model};
use wikisentry_lake::archive::FileWriter;

const ROUNDS: usize = 20;
const RULES: &[u8] = br#"{"high_risk_score": 0, "burst_edits": 30, "burst_window_ms": 60000,
    "war_reverts": 4, "war_window_ms": 3600000, "stalled_after_ms": 120000, "drift_psi": 0.25,
    "drift_window": 5000, "cooldown_ms": 600000, "max_per_minute": 60}"#;

fn events() -> Vec<Vec<u8>> {
    let packed = include_bytes!("../../../testdata/sample/recentchange.jsonl.gz");
    let mut lines = Vec::new();
    let mut unpacked = flate2::read::GzDecoder::new(&packed[..]);
    unpacked.read_to_end(&mut lines).unwrap();
    let lines = lines.split(|byte| *byte == b'\n');
    lines
        .filter(|line| !line.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

/// Prints the time of one of `count`, over all rounds.
fn measure(name: &str, count: usize, mut run: impl FnMut()) {
    run();
    let start = Instant::now();
    (0..ROUNDS).for_each(|_| run());
    let nanos = start.elapsed().as_nanos() / (count * ROUNDS) as u128;
    println!("{name:<10} {nanos:>6} ns");
}

fn main() {
    let (events, scorer) = (events(), model::bootstrap().unwrap());
    let rules = alerts::rules(RULES).unwrap();
    let now = EventTime::from_millis(1_789_614_000_000).unwrap();
    let times = Times {
        ingest: now,
        score: now,
    };
    let edits: Vec<Vec<u8>> = events
        .iter()
        .filter_map(|event| classify(&scorer, event, times, false).unwrap())
        .collect();
    println!(
        "{} events, {} edits, {ROUNDS} rounds",
        events.len(),
        edits.len()
    );
    measure("classify", events.len(), || {
        for event in &events {
            black_box(classify(&scorer, event, times, false).unwrap());
        }
    });
    let mut users = HashMap::<Vec<u8>, Vec<u8>>::new();
    measure("burst", edits.len(), || {
        for edit in &edits {
            let kept = users.get(&edit[34..42]).map(Vec::as_slice);
            let (state, detected) = alerts::burst(&rules, kept, edit).unwrap();
            black_box(detected);
            users.insert(edit[34..42].to_vec(), state);
        }
    });
    let mut pages = HashMap::<Vec<u8>, Vec<u8>>::new();
    measure("war", edits.len(), || {
        for edit in &edits {
            let kept = pages.get(&edit[42..50]).map(Vec::as_slice);
            let (state, detected) = alerts::war(&rules, kept, edit).unwrap();
            black_box(detected);
            pages.insert(edit[42..50].to_vec(), state);
        }
    });
    measure("signal", edits.len(), || {
        for edit in &edits {
            black_box(alerts::signal(&rules, edit).unwrap());
        }
    });
    let signals: Vec<Vec<u8>> = edits
        .iter()
        .map(|edit| alerts::signal(&rules, edit).unwrap())
        .collect();
    let mut watch = Watch::open(&rules, None, now).unwrap();
    measure("watch", edits.len(), || {
        for signal in &signals {
            black_box(watch.observe(signal, now).unwrap());
        }
    });
    measure("file", edits.len(), || {
        let mut file = FileWriter::new().unwrap();
        for edit in &edits {
            lake::push(&mut file, edit).unwrap();
        }
        black_box(file.finish().unwrap());
    });
    let state = users.values().map(Vec::len).max();
    println!(
        "largest state of a user {state:?} bytes, snapshot {} bytes",
        watch.snapshot().len()
    );
}
