//! Speed of a training: rows times features times trees per second, by wall-clock time and by the
//! processor time of all threads, which other processes disturb less. Arguments are rows (default
//! 1,000,000), trees (300) and threads (1). There are 40 features, depth is 6, one row in sixteen is
//! positive. The first line gives the time to build the binned set.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::ops::ControlFlow;
use std::time::Instant;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rustix::time::{ClockId, clock_gettime};
use wikisentry_trainer::{BinnedSet, EdgeSampler, Params, Sampling, train};

const SEED: u64 = 7;
const FEATURES: usize = 40;
const PIECE: usize = 4096;

fn main() {
    // `cargo bench` adds its own flags.
    let mut numbers = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .map(|argument| {
            argument
                .parse()
                .expect("rows, trees and threads are numbers")
        });
    let mut next = |default| numbers.next().unwrap_or(default);
    let (rows, trees, threads) = (next(1_000_000), next(300), next(1));

    let pieces: Vec<_> = Pieces::new(rows).collect();
    let labels = pieces.iter().flat_map(|(_, labels)| labels);
    let positives = labels.filter(|label| **label == 1.0).count();
    let start = Instant::now();
    let names = (0..FEATURES).map(|n| format!("feature_{n}")).collect();
    let mut sampler = EdgeSampler::new(names, Sampling::default()).expect("sound names");
    for (values, _) in &pieces {
        sampler.push(values).expect("whole rows");
    }
    let edges = sampler.finish().expect("there are rows");
    let cut = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let mut set = BinnedSet::with_capacity(edges, rows);
    for (values, labels) in &pieces {
        set.push(values, labels).expect("sound rows");
    }
    let binned = start.elapsed().as_secs_f64();
    drop(pieces);
    println!(
        "{rows} rows x {FEATURES}, {positives} positive: bins cut in {cut:.2} s, rows binned in {binned:.2} s"
    );

    let params = Params {
        trees,
        threads,
        ..Params::default()
    };
    let (start, processor) = (Instant::now(), processor_seconds());
    let mut go_on = |_: &_| ControlFlow::Continue(());
    let model = train(&set, None, &params, &mut go_on).expect("both classes are there");
    let seconds = start.elapsed().as_secs_f64();
    let processor = processor_seconds() - processor;
    let work = (rows * FEATURES * trees) as f64 / 1e6;
    println!(
        "{trees} trees of depth 6, {threads} threads, {} KB of JSON",
        model.to_json().len() / 1024
    );
    println!(
        "by the clock: {seconds:.1} s, {:.0} M row x feature x tree/s",
        work / seconds
    );
    println!(
        "by processor time: {processor:.1} s, {:.0} M row x feature x tree/s and core",
        work / processor
    );
}

/// Time that all threads of this process have spent on a processor.
fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Rows in pieces: counts with long tails, flags, and measurements, some of them missing.
struct Pieces {
    rng: ChaCha8Rng,
    left: usize,
}

impl Pieces {
    fn new(rows: usize) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(SEED),
            left: rows,
        }
    }

    fn row(&mut self) -> ([f32; FEATURES], f32) {
        let rng = &mut self.rng;
        let mut row = [0.0; FEATURES];
        for (n, value) in row.iter_mut().enumerate() {
            let uniform: f32 = rng.random_range(-1.0..1.0);
            *value = match n % 4 {
                0 => (uniform * 8.0).exp2().floor(),
                1 => f32::from(u8::from(uniform > 0.7)),
                _ => uniform,
            };
            if n % 5 == 2 && rng.random_bool(0.3) {
                *value = f32::NAN;
            }
        }
        let seen = |n: usize| if row[n].is_nan() { 0.3 } else { row[n] };
        let score = seen(2) * 2.0 + seen(3) * seen(6) * 3.0 + seen(1) - (seen(0) + 1.0).ln() * 0.3
            + (seen(10) * 5.0).sin()
            + seen(5) * seen(7) * 2.0
            - 3.7;
        let positive = rng.random_bool(f64::from(1.0 / (1.0 + (-score).exp())));
        (row, f32::from(u8::from(positive)))
    }
}

impl Iterator for Pieces {
    type Item = (Vec<f32>, Vec<f32>);

    fn next(&mut self) -> Option<Self::Item> {
        let count = self.left.min(PIECE);
        self.left -= count;
        let (mut values, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (row, label) = self.row();
            values.extend(row);
            labels.push(label);
        }
        (count > 0).then_some((values, labels))
    }
}
