//! Time to evaluate a model with bootstrap intervals: all figures of one scoring, and the difference
//! of two. Arguments are rows (default 1,000,000) and resamples (200).
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Instant;
use wikisentry_core::evaluation::promotion::{Period, PromotionRule, Trial, decide};
use wikisentry_core::evaluation::{Outcomes, Resampling, judge};
use wikisentry_core::model::Provenance;
use wikisentry_core::user::UserType;

const SEED: u64 = 8;
/// Share of edits that are damage.
const DAMAGE: f64 = 0.07;

fn main() {
    // `cargo bench` adds its own flags.
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let rows = numbers.first().copied().unwrap_or(1_000_000);
    let resamples = numbers.get(1).map_or(200, |n| *n as u32);
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let labels: Vec<bool> = (0..rows).map(|_| rng.random_bool(DAMAGE)).collect();
    let mut model = || -> Vec<f64> {
        let score = |label: &bool| rng.random::<f64>().powi(if *label { 1 } else { 3 });
        labels.iter().map(score).collect()
    };
    let (candidate, champion) = (model(), model());
    let clusters: Vec<u64> = (0..rows as u64).map(|row| row / 5).collect();
    let user_types: Vec<UserType> = (0..rows)
        .map(|row| match row % 3 {
            0 => UserType::Anonymous,
            _ => UserType::Registered,
        })
        .collect();
    let outcomes = Outcomes {
        labels: &labels,
        weights: None,
        clusters: None,
    };
    let resampling = Resampling {
        resamples,
        seed: SEED,
    };
    println!("{rows} rows, {resamples} resamples");
    timed("all figures of a scoring", || {
        judge(outcomes, &candidate, resampling).is_ok()
    });
    timed("the same, by clusters of five", || {
        let outcomes = Outcomes {
            clusters: Some(&clusters),
            ..outcomes
        };
        judge(outcomes, &candidate, resampling).is_ok()
    });
    let day: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let trial = Trial {
        outcomes,
        user_types: &user_types,
        wikis: &vec!["enwiki"; rows],
        candidate: &candidate,
        champion: &champion,
        period: Period {
            candidate: &Provenance::default(),
            champion: &Provenance::default(),
            simulated: 0,
            from: day,
            to: day,
            matured_to: day,
        },
    };
    let rule = PromotionRule {
        resampling,
        ..PromotionRule::default()
    };
    timed("decision on promotion", || decide(&trial, &rule).is_ok());
}

fn timed(what: &str, run: impl FnOnce() -> bool) {
    let start = Instant::now();
    assert!(run(), "{what}");
    println!("{what:<32} {:>7.2} s", start.elapsed().as_secs_f64());
}
