//! Runs a fuzz target without libFuzzer: over its seeds, then over damaged copies of them. The tests
//! `fuzz_corpus` of the crates `core` and `engine` include it.

use crate::mutate::mutated;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Damaged copies in a run of the tests; `FUZZ_SECONDS` asks for a time instead.
const COPIES: usize = 10_000;

/// Every file of the folders, in the order of their names.
fn corpus(root: &Path, folders: &[&str]) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for folder in folders {
        let entries = std::fs::read_dir(root.join(folder)).expect(folder);
        files.extend(entries.map(|entry| entry.expect(folder).path()));
    }
    files.sort();
    let read = |file| std::fs::read(file).expect("a seed");
    files.iter().map(read).collect()
}

/// Runs `target` over the files of the folders below `root`, then over damaged ones, and prints the
/// input if it panics. `WIKISENTRY_TEST_SEED` repeats a run.
pub fn run(target: fn(&[u8]), root: &Path, folders: &[&str]) {
    let seeds = corpus(root, folders);
    assert!(seeds.len() > 3, "{} seeds", seeds.len());
    for seed in &seeds {
        checked(target, seed);
    }
    let number = |name: &str| Some(std::env::var(name).ok()?.parse::<u64>().expect("a number"));
    let seed = number("WIKISENTRY_TEST_SEED").unwrap_or_else(rand::random);
    println!("WIKISENTRY_TEST_SEED={seed}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let time = number("FUZZ_SECONDS").map(Duration::from_secs);
    let begun = Instant::now();
    let mut done = 0_usize;
    while time.map_or(done < COPIES, |time| begun.elapsed() < time) {
        let [input, other] = [0, 1].map(|_| &seeds[rng.random_range(0..seeds.len())]);
        checked(target, &mutated(&mut rng, input, other));
        done += 1;
    }
    println!("{done} damaged copies of {} seeds", seeds.len());
}

fn checked(target: fn(&[u8]), input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        println!("the input was b\"{}\"", input.escape_ascii());
        resume_unwind(panic);
    }
}
