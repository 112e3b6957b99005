//! Runs the fuzz targets of this crate's parsers over their seeds and over mutations of them, so that
//! regressions are found without libFuzzer.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "all of it is tests"
)]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;

#[path = "../../../fuzz/src/mutate.rs"]
mod mutate;
#[path = "../../../fuzz/src/parsers.rs"]
mod parsers;

const MUTATIONS: usize = 10_000;

/// Every file of the folders, in the order of their names.
fn corpus(folders: &[&str]) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in folders {
        let entries = std::fs::read_dir(root.join(folder)).expect(folder);
        files.extend(entries.map(|entry| entry.expect(folder).path()));
    }
    files.sort();
    files
        .iter()
        .map(|file| std::fs::read(file).expect("a seed"))
        .collect()
}

/// Runs `target` over every seed, then over mutations. `TEST_SEED` repeats a run.
fn run(target: fn(&[u8]), seeds: &[Vec<u8>]) {
    assert!(seeds.len() > 3, "{} seeds", seeds.len());
    for seed in seeds {
        target(seed);
    }
    let given = std::env::var("TEST_SEED");
    let seed = given.map_or_else(|_| rand::random(), |text| text.parse().expect("a number"));
    println!("TEST_SEED={seed}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..MUTATIONS {
        let [input, other] = [0, 1].map(|_| &seeds[rng.random_range(0..seeds.len())]);
        target(&mutate::mutated(&mut rng, input, other));
    }
}

#[test]
fn damaged_events_are_read_or_refused() {
    run(
        parsers::event_parse,
        &corpus(&["testdata/events", "fuzz/seeds/event_parse"]),
    );
}

#[test]
fn damaged_models_are_read_or_refused() {
    run(parsers::model_json, &corpus(&["fuzz/seeds/model_json"]));
}

#[test]
fn damaged_summaries_are_read() {
    run(
        parsers::revert_summary,
        &corpus(&["fuzz/seeds/revert_summary"]),
    );
}
