use super::*;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const WINDOW: usize = 2_000;

fn detector() -> DriftDetector {
    DriftDetector::new(&Rules {
        drift_psi: 0.2,
        drift_window: WINDOW,
        ..crate::anomaly::tests::rules()
    })
}

/// Scores as a model gives them: most near 0, a tail towards 1.
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
fn the_index_of_known_distributions_is_as_published() {
    for (observed, expected, psi) in [
        (vec![0.5, 0.5], vec![0.5, 0.5], 0.0),
        // (0.6 − 0.5)·ln(1.2) + (0.4 − 0.5)·ln(0.8)
        (vec![0.6, 0.4], vec![0.5, 0.5], 0.040_546_510_810_816_44),
        // 0.4·ln(0.9/0.5) + (−0.4)·ln(0.1/0.5)
        (vec![0.9, 0.1], vec![0.5, 0.5], 0.878_889_830_934_488),
    ] {
        let found = stability_index(&observed, &expected);
        assert!((found - psi).abs() < 1e-12, "{found} is not {psi}");
    }
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
fn another_model_starts_anew() {
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
    let mut histogram = vec![0_u64; 100];
    for score in &training {
        histogram[((score * 100.0) as usize).min(99)] += 1;
    }
    for (name, reference) in [
        ("scores", ScoreReference::from_scores(&training)),
        ("histogram", ScoreReference::from_histogram(&histogram)),
    ] {
        let reference = reference.expect(name);
        let mut detector = detector();
        detector.set_reference("m/1", reference.clone());
        assert_eq!(
            feed(&mut detector, scores(7, 3.0), 5 * WINDOW, "m/1"),
            0,
            "{name}"
        );
        detector.set_reference("m/2", reference);
        assert_eq!(
            feed(&mut detector, scores(8, 1.0), WINDOW - 1, "m/2"),
            0,
            "{name}"
        );
        assert_eq!(feed(&mut detector, scores(9, 1.0), 1, "m/2"), 1, "{name}");
    }
}

#[test]
fn references_of_few_different_scores_have_fewer_bins() {
    for (scores, bins) in [
        (vec![0.5; 100], 2),
        (vec![0.1, 0.9], 3),
        ((0..1_000).map(|i| f64::from(i) / 1_000.0).collect(), 10),
    ] {
        let reference = ScoreReference::from_scores(&scores).expect("a reference");
        assert_eq!(reference.shares.len(), bins);
    }
    assert_eq!(ScoreReference::from_scores(&[f64::NAN]), None);
    assert_eq!(ScoreReference::from_histogram(&[0; 10]), None);
    assert_eq!(ScoreReference::from_histogram(&[]), None);
}

#[test]
fn scores_above_a_constant_reference_drift() {
    let constant = ScoreReference::from_scores(&[0.5; 1_000]);
    let mut histogram = [0; 100];
    histogram[49] = 1_000;
    for reference in [constant, ScoreReference::from_histogram(&histogram)] {
        let mut detector = detector();
        detector.set_reference("m/1", reference.expect("a reference"));
        let same = std::iter::repeat(0.5);
        assert_eq!(feed(&mut detector, same, 2 * WINDOW, "m/1"), 0);
        let above = std::iter::repeat(0.7);
        assert!(feed(&mut detector, above, WINDOW, "m/1") > 0);
    }
}

#[test]
fn a_histogram_joins_bins_to_tenths() {
    let mut histogram = vec![1_u64; 100];
    histogram[0] = 901;
    let reference = ScoreReference::from_histogram(&histogram).expect("a reference");
    // The first bin alone holds nine tenths.
    assert_eq!(reference.bounds.first(), Some(&0.01));
    assert!((reference.shares[0] - 0.9).abs() < 0.01, "{reference:?}");
    assert!(reference.shares.len() <= BINS);
}

proptest! {
    #[test]
    fn any_scores_make_a_reference_whose_shares_sum_to_one(
        scores in prop::collection::vec(any::<f64>(), 0..300),
        histogram in prop::collection::vec(0..1_000_000_u64, 0..50),
    ) {
        for reference in [
            ScoreReference::from_scores(&scores),
            ScoreReference::from_histogram(&histogram),
        ].into_iter().flatten() {
            prop_assert!(reference.shares.len() <= BINS + 1);
            prop_assert_eq!(reference.bounds.len() + 1, reference.shares.len());
            prop_assert!(reference.bounds.is_sorted());
            prop_assert!((reference.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }
}
