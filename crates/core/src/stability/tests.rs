//! The index against published values, and references of all kinds of scores.

use super::*;
use proptest::prelude::*;

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
}

proptest! {
    #[test]
    fn any_scores_make_a_reference_whose_shares_sum_to_one(
        scores in prop::collection::vec(any::<f64>(), 0..300),
    ) {
        if let Some(reference) = ScoreReference::from_scores(&scores) {
            prop_assert!(reference.shares.len() <= BINS + 1);
            prop_assert_eq!(reference.bounds.len() + 1, reference.shares.len());
            prop_assert!(reference.bounds.is_sorted());
            prop_assert!((reference.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn a_reference_is_read_back_as_written_and_a_broken_one_refused() {
    let scores: Vec<f64> = (0..1_000).map(|i| (f64::from(i) / 1e3).powi(3)).collect();
    let reference = ScoreReference::from_scores(&scores).expect("a reference");
    let text = serde_json::to_string(&reference).unwrap();
    let read: ScoreReference = serde_json::from_str(&text).unwrap();
    assert_eq!(read, reference);
    for (broken, expected) in [
        (r#"{"bounds":[0.5,0.5],"shares":[0.2,0.3,0.5]}"#, "ascend"),
        (r#"{"bounds":[0.5],"shares":[1.0]}"#, "expected 2 shares"),
        (r#"{"bounds":[0.5],"shares":[1.0,0.0]}"#, "above 0"),
        (r#"{"bounds":[0.5],"shares":[0.5,0.4]}"#, "sum to 1"),
    ] {
        let error = serde_json::from_str::<ScoreReference>(broken).unwrap_err();
        assert!(error.to_string().contains(expected), "{broken}: {error}");
    }
}
