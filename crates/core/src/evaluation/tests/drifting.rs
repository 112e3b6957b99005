//! Drift of features and scores against a reference.

use super::*;
use crate::evaluation::drift::{Drift, DriftCounts, DriftReference};

const NAMES: [&str; 4] = ["steady", "shifted", "gone", "flag"];

/// Rows of four features; `changed` shifts one and loses another.
fn rows(seed: u64, count: usize, changed: bool) -> (Vec<f32>, Vec<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut rows, mut scores) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let shift = if changed { 1.0 } else { 0.0 };
        let missing = rng.random_bool(if changed { 0.9 } else { 0.1 });
        rows.extend([
            normal(&mut rng) as f32,
            (normal(&mut rng) + shift) as f32,
            if missing { f32::NAN } else { rng.random() },
            f32::from(u8::from(rng.random_bool(0.3))),
        ]);
        scores.push(sigmoid(normal(&mut rng) - 2.0 + shift));
    }
    (rows, scores)
}

fn report(reference: &DriftReference, seed: u64, count: usize, changed: bool) -> Drift {
    let mut counts = DriftCounts::new(reference);
    let (rows, scores) = rows(seed, count, changed);
    for (row, score) in rows.chunks_exact(NAMES.len()).zip(scores) {
        counts.add(row, score);
    }
    counts.report(&NAMES)
}

fn reference() -> DriftReference {
    let (rows, scores) = rows(1, 20_000, false);
    DriftReference::from_rows(&rows, &scores).unwrap()
}

#[test]
fn a_changed_feature_comes_first_and_missing_values_count() {
    let reference = reference();
    let drift = report(&reference, 2, 5_000, true);
    let names: Vec<&str> = drift.features.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names[..2], ["gone", "shifted"]);
    assert!(
        drift.features[..2].iter().all(|f| f.psi > 0.25),
        "{drift:?}"
    );
    assert!(
        drift.features[2..].iter().all(|f| f.psi < 0.02),
        "{drift:?}"
    );
    assert!(drift.score_psi > 0.25);
    assert!((drift.features[0].missing - 0.9).abs() < 0.02);
    assert!((drift.features[0].missing_in_training - 0.1).abs() < 0.02);
}

#[test]
fn rows_of_the_same_distribution_drift_by_chance_only() {
    let reference = reference();
    let (mut sum, mut chance) = (0.0, 0.0);
    for seed in 10..40 {
        let drift = report(&reference, seed, 1_000, false);
        sum += drift.score_psi;
        chance += drift.score_by_chance;
        assert!(drift.features.iter().all(|f| f.psi < 0.05), "seed {seed}");
    }
    assert!((sum / chance - 1.0).abs() < 0.35, "{sum} against {chance}");
}

#[test]
fn a_reference_is_small_and_is_read_back_as_written() {
    let reference = reference();
    let text = serde_json::to_string(&reference).unwrap();
    assert!(text.len() < 300 * (NAMES.len() + 2), "{} bytes", text.len());
    assert_eq!(
        serde_json::from_str::<DriftReference>(&text).unwrap(),
        reference
    );
    let broken = text.replacen(
        "\"features\":[{\"bounds\":[",
        "\"features\":[{\"bounds\":[9e9,",
        1,
    );
    let error = serde_json::from_str::<DriftReference>(&broken).unwrap_err();
    assert!(error.to_string().contains("ascend"), "{error}");
}

#[test]
fn infinite_and_missing_values_are_counted() {
    let rows = [
        f32::NAN,
        f32::INFINITY,
        7.0,
        f32::NAN,
        f32::NEG_INFINITY,
        7.0,
    ];
    let reference = DriftReference::from_rows(&rows, &[0.5, 0.5]).unwrap();
    let mut counts = DriftCounts::new(&reference);
    counts.add(&rows[..3], f64::NAN);
    counts.add(&rows[3..], 0.5);
    let drift = counts.report(&NAMES[..3]);
    assert!(
        drift.features.iter().all(|f| f.psi.abs() < 1e-3),
        "{drift:?}"
    );
    assert!(drift.score_psi.is_finite());
    let error = DriftReference::from_rows(&rows, &[0.5; 4]).unwrap_err();
    assert_eq!(error.to_string(), "6 values of rows for 4 labels");
    assert!(DriftReference::from_rows(&[], &[]).is_err());
}
