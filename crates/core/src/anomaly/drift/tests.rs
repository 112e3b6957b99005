//! Steady scores raise nothing, changed ones do, with and without a reference.

use super::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const WINDOW: usize = 2_000;

fn detector() -> DriftDetector {
    DriftDetector::new(&AlertRules {
        drift_psi: 0.2,
        drift_window: WINDOW,
        ..crate::anomaly::tests::rules()
    })
}

/// Scores like those of a model: most near 0, with a tail towards 1.
fn scores(seed: u64, exponent: f64) -> impl Iterator<Item = f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    std::iter::repeat_with(move || rng.random::<f64>().powf(exponent))
}

fn feed(
    detector: &mut DriftDetector,
    scores: impl Iterator<Item = f64>,
    n: usize,
    model: &str,
) -> usize {
    scores
        .take(n)
        .filter(|score| detector.observe(*score, model).is_some())
        .count()
}

#[test]
fn steady_scores_do_not_drift_and_changed_ones_do() {
    for seed in [1, 2, 3] {
        let mut detector = detector();
        let steady = feed(&mut detector, scores(seed, 3.0), 20 * WINDOW, "m/1");
        assert_eq!(steady, 0, "seed {seed}");
        let changed = feed(&mut detector, scores(seed, 1.0), 2 * WINDOW, "m/1");
        assert!(changed >= 2, "seed {seed}: {changed}");
    }
}

#[test]
fn another_model_gets_its_own_reference() {
    let mut detector = detector();
    feed(&mut detector, scores(4, 3.0), 2 * WINDOW, "m/1");
    assert_eq!(
        feed(&mut detector, scores(5, 1.0), 20 * WINDOW, "m/2"),
        0,
        "the second model's own scores are its reference"
    );
}

#[test]
fn a_given_reference_is_used_from_the_first_full_window() {
    let training: Vec<f64> = scores(6, 3.0).take(50_000).collect();
    let reference = ScoreReference::from_scores(&training).expect("a reference");
    let mut detector = detector();
    detector.set_reference("m/1", reference.clone());
    assert_eq!(feed(&mut detector, scores(7, 3.0), 5 * WINDOW, "m/1"), 0);
    detector.set_reference("m/2", reference);
    assert_eq!(feed(&mut detector, scores(8, 1.0), WINDOW - 1, "m/2"), 0);
    assert_eq!(feed(&mut detector, scores(9, 1.0), 1, "m/2"), 1);
}

#[test]
fn scores_above_a_constant_reference_drift() {
    let constant = ScoreReference::from_scores(&[0.5; 1_000]).expect("a reference");
    let mut detector = detector();
    detector.set_reference("m/1", constant);
    let same = std::iter::repeat(0.5);
    assert_eq!(feed(&mut detector, same, 2 * WINDOW, "m/1"), 0);
    let above = std::iter::repeat(0.7);
    assert!(feed(&mut detector, above, WINDOW, "m/1") > 0);
}
