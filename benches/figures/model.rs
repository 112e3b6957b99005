//! The evaluator on the largest model that is promised: 300 full trees of depth 6, random splits.

use crate::Failure;
use crate::forest::{DEPTH, TREES, random_model};
use crate::table::{Figure, Goal, quantile};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::hint::black_box;
use std::time::Instant;
use wikisentry_core::model::Booster;

const SEED: u64 = 6;
const ROWS: usize = 4096;
const BATCH: usize = 256;
const ROUNDS: usize = 41;
const MISSING: f64 = 0.15;

/// Time a row, alone and in batches.
pub fn measure() -> Result<Vec<Figure>, Failure> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let booster = Booster::from_json(random_model(&mut rng).to_string().as_bytes())?;
    let width = booster.num_features();
    let mut value = || match rng.random_bool(MISSING) {
        true => f32::NAN,
        false => rng.random_range(-1.0..1.0),
    };
    let rows: Vec<f32> = (0..ROWS * width).map(|_| value()).collect();
    let mut margins = vec![0.0; ROWS];
    let alone = times(|| {
        for (row, margin) in rows.chunks_exact(width).zip(&mut margins) {
            *margin = booster.margin(black_box(row));
        }
        black_box(&margins);
    });
    let mut batched = vec![0.0; ROWS];
    let in_batches = times(|| {
        for (rows, margins) in rows.chunks(BATCH * width).zip(batched.chunks_mut(BATCH)) {
            booster.margins(black_box(rows), margins);
        }
        black_box(&batched);
    });
    if margins != batched {
        return Err("batches and single rows disagree".into());
    }
    let figure = |what, times: &[f64], goal| Figure {
        what,
        measured: quantile(times, 0.5),
        goal: Goal::AtMost(goal),
        unit: "µs",
        note: format!(
            "{TREES} trees of depth {DEPTH}; median of {ROUNDS} rounds, best {:.2}",
            quantile(times, 0.0)
        ),
    };
    Ok(vec![
        figure("score one row of 300 trees, depth 6", &alone, 10.0),
        figure("score a row in batches of 256", &in_batches, 5.0),
    ])
}

/// Microseconds a row of each round, sorted.
fn times(mut round: impl FnMut()) -> Vec<f64> {
    round();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            round();
            begun.elapsed().as_secs_f64() * 1e6 / ROWS as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times
}
