//! Calibration against scikit-learn, with down-sampling, and its refusals; classes.

use super::*;
use crate::evaluation::calibrate::{CalibrateError, classes, platt};
use crate::model::Calibration;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    platt: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    margins: Vec<f64>,
    labels: Vec<u8>,
    slope: f64,
    intercept: f64,
}

fn fitted(margins: &[f64], labels: &[bool], kept: f64) -> (f64, f64) {
    let Calibration::Platt { slope, intercept } = platt(margins, labels, kept).unwrap();
    (slope, intercept)
}

#[test]
fn slope_and_intercept_are_those_of_scikit_learn() {
    let vectors: Vectors =
        serde_json::from_slice(&file("testdata/vectors/evaluation.json")).unwrap();
    assert_eq!(vectors.platt.len(), 2);
    for case in &vectors.platt {
        let labels: Vec<bool> = case.labels.iter().map(|label| *label == 1).collect();
        let (slope, intercept) = fitted(&case.margins, &labels, 1.0);
        assert!(
            (slope - case.slope).abs() < 1e-6,
            "{slope}, not {}",
            case.slope
        );
        let error = (intercept - case.intercept).abs();
        assert!(error < 1e-6, "{intercept}, not {}", case.intercept);
    }
}

#[test]
fn leaving_out_negatives_does_not_move_the_probabilities() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let margins: Vec<f64> = (0..200_000).map(|_| 2.0 * normal(&mut rng)).collect();
    let labels: Vec<bool> = margins
        .iter()
        .map(|m| rng.random_bool(sigmoid(0.7 * m - 3.0)))
        .collect();
    let kept: Vec<usize> = (0..margins.len())
        .filter(|row| labels[*row] || rng.random_bool(0.1))
        .collect();
    let margins: Vec<f64> = kept.iter().map(|row| margins[*row]).collect();
    let labels: Vec<bool> = kept.iter().map(|row| labels[*row]).collect();
    let (slope, intercept) = fitted(&margins, &labels, 0.1);
    assert!((slope - 0.7).abs() < 0.03, "{slope}");
    assert!((intercept + 3.0).abs() < 0.06, "{intercept}");
    let (_, uncorrected) = fitted(&margins, &labels, 1.0);
    assert!((intercept - uncorrected - 0.1_f64.ln()).abs() < 1e-12);
}

#[test]
fn perfectly_separated_margins_still_give_a_finite_sigmoid() {
    let margins: Vec<f64> = (0..100).map(|n| f64::from(n) - 79.5).collect();
    let labels: Vec<bool> = margins.iter().map(|m| *m > 0.0).collect();
    let (slope, intercept) = fitted(&margins, &labels, 1.0);
    assert!(slope > 0.0 && slope < 100.0 && intercept.is_finite());
}

#[test]
fn what_cannot_be_calibrated_is_refused() {
    let labels: Vec<bool> = (0..40).map(|n| n % 4 == 0).collect();
    let rising: Vec<f64> = (0..40).map(|n| f64::from(u8::from(n % 4 == 0))).collect();
    let falling: Vec<f64> = rising.iter().map(|m| -m).collect();
    let mut broken = rising.clone();
    broken[3] = f64::INFINITY;
    for (margins, labels, kept, expected) in [
        (&falling, &labels[..], 1.0, "does not grow"),
        (&vec![1.5; 40], &labels[..], 1.0, "does not grow"),
        (&broken, &labels[..], 1.0, "row 3: the margin inf"),
        (&rising, &labels[..39], 1.0, "40 margins for 39"),
        (&rising, &[true; 40][..], 1.0, "40 of 40"),
        (&rising, &labels[..], 0.0, "0 of the negatives"),
        (&rising, &labels[..], 1.5, "1.5 of the negatives"),
        (&rising, &labels[..], f64::NAN, "NaN of the negatives"),
    ] {
        let error = platt(margins, labels, kept).unwrap_err();
        assert!(
            error.to_string().contains(expected),
            "{error} lacks {expected}"
        );
    }
}

#[test]
fn classes_hold_the_shares_asked_for() {
    let scores: Vec<f64> = (0..10_001).map(|n| f64::from(n) / 10_000.0 * 0.8).collect();
    let found = classes(&scores, &[("high", 0.02), ("medium", 0.10)], "low").unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|c| (c.name.as_str(), c.min_score))
        .collect();
    // The quantiles 0.98 and 0.88, as NumPy gives them.
    assert_eq!(found, [("high", 0.784), ("medium", 0.704), ("low", 0.0)]);
    for scores in [vec![0.3; 100], vec![], vec![0.0; 50]] {
        let shares = [("high", 0.02), ("medium", 0.10)];
        let error = classes(&scores, &shares, "low").unwrap_err();
        assert!(matches!(error, CalibrateError::Class { .. }), "{error}");
    }
}
