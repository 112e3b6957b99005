//! Time to score a row, alone and in batches, and to explain one: the median of several runs. Without
//! arguments the model has 300 random full trees of depth 6 on 60 features; a path (or the variable
//! `WIKISENTRY_BENCH_MODEL`) names an XGBoost JSON model to use instead.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod forest;

use std::hint::black_box;
use std::time::Instant;

use forest::random_model;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use wikisentry_core::model::{Booster, Explainer};

const SEED: u64 = 6;
const ROWS: usize = 4096;
/// Number of rows that are explained.
const EXPLAINED: usize = 128;
const RUNS: usize = 21;
/// Share of values that are missing.
const MISSING: f64 = 0.15;

fn main() {
    // `cargo bench` adds its own flags.
    let path = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .or_else(|| std::env::var("WIKISENTRY_BENCH_MODEL").ok());
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let json = match &path {
        Some(path) => std::fs::read(path).expect("the model can be read"),
        None => random_model(&mut rng).to_string().into_bytes(),
    };
    let booster = Booster::from_json(&json).expect("the model is sound");
    let width = booster.num_features();
    println!(
        "model: {}, {} trees, {width} features, {} KB of JSON",
        path.as_deref().unwrap_or("random full trees, depth 6"),
        booster.num_trees(),
        json.len() / 1024
    );

    let rows: Vec<f32> = (0..ROWS * width)
        .map(|_| {
            if rng.random_bool(MISSING) {
                f32::NAN
            } else {
                rng.random_range(-1.0..1.0)
            }
        })
        .collect();
    let mut out = vec![0.0; ROWS];
    report("score one row", ROWS, || {
        for (row, out) in rows.chunks_exact(width).zip(&mut out) {
            *out = booster.margin(black_box(row));
        }
        black_box(&out);
    });
    let mut batched = vec![0.0; ROWS];
    report("score rows in a batch of 4096", ROWS, || {
        booster.margins(black_box(&rows), &mut batched);
        black_box(&batched);
    });
    let same = out
        .iter()
        .zip(&batched)
        .all(|(a, b)| a.to_bits() == b.to_bits());
    assert!(same, "batches and single rows agree to the bit");
    report("score rows in batches of 32", ROWS, || {
        for (rows, out) in rows.chunks(32 * width).zip(batched.chunks_mut(32)) {
            booster.margins(black_box(rows), out);
        }
        black_box(&batched);
    });
    report("read the model (per tree)", booster.num_trees(), || {
        black_box(Booster::from_json(black_box(&json)).is_ok());
    });
    let explainer = Explainer::from_json(&json).expect("the model has covers");
    report("explain one row", EXPLAINED, || {
        for row in rows.chunks_exact(width).take(EXPLAINED) {
            black_box(explainer.explain(black_box(row)));
        }
    });
}

/// Prints the median time of `run` divided by `count`, the number of things it does.
fn report(what: &str, count: usize, mut run: impl FnMut()) {
    let mut nanos: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e9 / count as f64
        })
        .collect();
    nanos.sort_by(f64::total_cmp);
    println!(
        "{what:<32} {:>9.0} ns  (fastest {:.0}, slowest {:.0}, {RUNS} runs)",
        nanos[RUNS / 2],
        nanos[0],
        nanos[RUNS - 1]
    );
}
