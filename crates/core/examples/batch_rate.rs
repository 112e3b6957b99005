//! Scores recorded raw events in batches of 1,000, so many rounds: what `scripts/bench_wheel.sh` compares
//! the Python wheel with, by the processor time of both.
//!
//!     cargo run --release -p wikisentry-core --example batch_rate -- MODEL CARD EVENTS ROUNDS
#![allow(clippy::print_stdout, reason = "an example prints its figures")]

use std::hint::black_box;
use wikisentry_core::model::Scorer;
use wikisentry_core::predict::edit_of;
use wikisentry_core::scoring::{FEATURE_SPEC, Scoring};

const BATCH: usize = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, card, events, rounds] = arguments.as_slice() else {
        panic!("usage: batch_rate MODEL CARD EVENTS ROUNDS");
    };
    let read = |path: &String| std::fs::read(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let scorer = Scorer::load(&read(model), &read(card), FEATURE_SPEC).expect("a sound model");
    let events = read(events);
    let events: Vec<&[u8]> = events
        .split(|byte| *byte == b'\n')
        .filter(|event| !event.is_empty())
        .collect();
    let rounds: usize = rounds.parse().expect("a number of rounds");
    let mut scored = 0;
    for _ in 0..rounds {
        for batch in events.chunks(BATCH) {
            let edits: Vec<_> = batch
                .iter()
                .filter_map(|event| edit_of(event).ok())
                .collect();
            let scores = Scoring::new().score(&scorer, &edits, true);
            scored += black_box(scores).iter().flatten().count();
        }
    }
    println!("{scored}");
}
