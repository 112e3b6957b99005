//! Figures against those of scikit-learn, invariants, and intervals.

use super::*;
use crate::evaluation::measure::{BRIER, CALIBRATION, PR_AUC, PRECISION, RECALL, ROC_AUC, Values};
use crate::evaluation::resample::Scorings;
use crate::evaluation::{EvaluationError, Outcomes, Resampling, judge};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    metrics: Vec<Case>,
}

/// A case that scripts/make_evaluation_vectors.py wrote.
#[derive(Deserialize)]
struct Case {
    name: String,
    scores: Vec<f64>,
    labels: Vec<u8>,
    weights: Option<Vec<f32>>,
    roc_auc: f64,
    pr_auc: f64,
    brier: f64,
    expected_calibration_error: Option<f64>,
    #[serde(default)]
    recall: Vec<f64>,
    #[serde(default)]
    precision: Vec<f64>,
}

fn plain(labels: &[bool]) -> Outcomes<'_> {
    Outcomes {
        labels,
        weights: None,
        clusters: None,
    }
}

fn values(outcomes: Outcomes<'_>, scores: &[f64]) -> Values {
    Scorings::new(&outcomes, scores, &[]).unwrap().values()[0]
}

#[test]
fn figures_are_those_of_scikit_learn_and_the_first_card() {
    let vectors: Vectors =
        serde_json::from_slice(&file("testdata/vectors/evaluation.json")).unwrap();
    assert!(vectors.metrics.len() >= 7);
    for case in &vectors.metrics {
        let labels: Vec<bool> = case.labels.iter().map(|label| *label == 1).collect();
        let outcomes = Outcomes {
            weights: case.weights.as_deref(),
            ..plain(&labels)
        };
        let found = values(outcomes, &case.scores);
        let mut expected = vec![
            (ROC_AUC, case.roc_auc),
            (PR_AUC, case.pr_auc),
            (BRIER, case.brier),
        ];
        expected.extend(case.expected_calibration_error.map(|e| (CALIBRATION, e)));
        expected.extend(
            case.recall
                .iter()
                .enumerate()
                .map(|(at, v)| (RECALL + at, *v)),
        );
        expected.extend(
            case.precision
                .iter()
                .enumerate()
                .map(|(at, v)| (PRECISION + at, *v)),
        );
        for (figure, value) in expected {
            let error = (found[figure] - value).abs();
            let name = &case.name;
            assert!(
                error < 1e-9,
                "{name}, figure {figure}: {}, not {value}",
                found[figure]
            );
        }
    }
}

#[test]
fn ties_count_half_and_share_bins_and_budgets() {
    let labels: Vec<bool> = (0..200).map(|row| row % 4 == 0).collect();
    let found = values(plain(&labels), &vec![0.5; 200]);
    assert_eq!(found[ROC_AUC], 0.5);
    assert_eq!(found[PR_AUC], 0.25);
    assert!((found[CALIBRATION] - 0.25).abs() < 1e-12);
    // Two of 200 edits are reviewed, each damage with a chance of a quarter.
    assert!((found[RECALL] - 0.5 / 50.0).abs() < 1e-12);
    assert_eq!(found[PRECISION], 0.25);
}

#[test]
fn intervals_of_95_percent_contain_the_truth_about_as_often() {
    let resampling = |seed| Resampling {
        resamples: 200,
        seed,
    };
    let truth = {
        let mut feed = Feed::new(1, 400_000, 0.1);
        let scores = feed.model(1.0);
        values(plain(&feed.labels), &scores)
    };
    let mut held = [0; 2];
    for seed in 0..100 {
        let mut feed = Feed::new(1_000 + seed, 1_000, 0.1);
        let scores = feed.model(1.0);
        let judged = judge(plain(&feed.labels), &scores, resampling(seed)).unwrap();
        let ranking = judged.figures.unwrap().ranking;
        for (held, (estimate, figure)) in held
            .iter_mut()
            .zip([(ranking.roc_auc, ROC_AUC), (ranking.pr_auc, PR_AUC)])
        {
            let (low, high) = (estimate.low.unwrap(), estimate.high.unwrap());
            assert!(low <= estimate.value && estimate.value <= high);
            *held += u32::from((low..=high).contains(&truth[figure]));
        }
    }
    assert!(
        held.iter().all(|held| (88..=100).contains(held)),
        "{held:?} of 100"
    );
}

#[test]
fn repeated_rows_narrow_intervals_unless_they_are_clustered() {
    let mut feed = Feed::new(4, 400, 0.2);
    let scores = feed.model(1.0);
    let repeat = |n: usize| move |at: usize| at / n;
    let of = |n: usize| -> (Vec<bool>, Vec<f64>, Vec<u64>) {
        let rows: Vec<usize> = (0..400 * n).map(repeat(n)).collect();
        (
            rows.iter().map(|row| feed.labels[*row]).collect(),
            rows.iter().map(|row| scores[*row]).collect(),
            rows.iter().map(|row| *row as u64 * 7).collect(),
        )
    };
    let width = |n: usize, clustered: bool| {
        let (labels, scores, clusters) = of(n);
        let outcomes = Outcomes {
            clusters: clustered.then_some(&clusters),
            ..plain(&labels)
        };
        let judged = judge(outcomes, &scores, Resampling::default()).unwrap();
        let estimate = judged.figures.unwrap().ranking.pr_auc;
        estimate.high.unwrap() - estimate.low.unwrap()
    };
    let honest = width(1, false);
    assert!((width(9, true) / honest - 1.0).abs() < 0.15);
    assert!((width(9, false) / honest - 1.0 / 3.0).abs() < 0.1);
}

#[test]
fn the_same_seed_gives_the_same_intervals() {
    let mut feed = Feed::new(5, 500, 0.2);
    let scores = feed.model(1.0);
    let of = |seed| {
        let resampling = Resampling {
            resamples: 50,
            seed,
        };
        judge(plain(&feed.labels), &scores, resampling).unwrap()
    };
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn rows_that_cannot_be_judged_are_refused() {
    let labels = [true, false, true];
    let scores = [0.1, 0.2, 0.3];
    let refused = |outcomes: Outcomes<'_>, scores: &[f64], expected: &str| {
        let error = judge(outcomes, scores, Resampling::default()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    refused(plain(&labels), &scores[..2], "2 scores for 3 labels");
    refused(
        plain(&labels),
        &[0.1, f64::NAN, 0.3],
        "row 1: the score NaN",
    );
    refused(plain(&labels), &[0.1, 1.5, 0.3], "row 1: the score 1.5");
    refused(plain(&[true; 3]), &scores, "3 of 3 rows are damage");
    refused(plain(&[]), &[], "0 of 0 rows are damage");
    let weights = [1.0, 0.0, 1.0];
    let weighted = Outcomes {
        weights: Some(&weights),
        ..plain(&labels)
    };
    refused(weighted, &scores, "row 1: the weight 0");
    let clusters = [1, 2];
    let clustered = Outcomes {
        clusters: Some(&clusters),
        ..plain(&labels)
    };
    refused(clustered, &scores, "2 clusters for 3 labels");
    let many: Vec<bool> = (0..100).map(|row| row % 2 == 0).collect();
    let none = Resampling {
        resamples: 0,
        seed: 1,
    };
    let error = judge(plain(&many), &[0.5; 100], none).unwrap_err();
    assert_eq!(error, EvaluationError::NoResamples);
}

proptest! {
    #[test]
    fn rankings_do_not_change_under_rising_transformations(
        rows in prop::collection::vec((0_u32..30, any::<bool>()), 2..200),
    ) {
        let labels: Vec<bool> = rows.iter().map(|row| row.1).collect();
        prop_assume!(labels.contains(&true) && labels.contains(&false));
        let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.0) / 30.0).collect();
        let risen: Vec<f64> = scores.iter().map(|s| s.powi(3) * 0.9 + 0.01).collect();
        let (a, b) = (values(plain(&labels), &scores), values(plain(&labels), &risen));
        for figure in [ROC_AUC, PR_AUC].into_iter().chain(RECALL..PRECISION + 3) {
            prop_assert!((a[figure] - b[figure]).abs() < 1e-12, "figure {figure}");
        }
        let fallen: Vec<f64> = scores.iter().map(|s| 1.0 - s).collect();
        let c = values(plain(&labels), &fallen);
        prop_assert!((a[ROC_AUC] + c[ROC_AUC] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn figures_stay_within_their_bounds(
        rows in prop::collection::vec((0.0_f64..=1.0, any::<bool>(), 0.01_f32..50.0), 2..200),
    ) {
        let labels: Vec<bool> = rows.iter().map(|row| row.1).collect();
        prop_assume!(labels.contains(&true) && labels.contains(&false));
        let scores: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let weights: Vec<f32> = rows.iter().map(|row| row.2).collect();
        let weighted = Outcomes { weights: Some(&weights), ..plain(&labels) };
        for outcomes in [plain(&labels), weighted] {
            for value in values(outcomes, &scores) {
                prop_assert!((-1e-9..=1.0 + 1e-9).contains(&value), "{value}");
            }
        }
        // A row of weight 2 counts as two rows.
        let twice = Outcomes { weights: Some(&vec![2.0; labels.len()]), ..plain(&labels) };
        let doubled: Vec<bool> = labels.iter().chain(&labels).copied().collect();
        let scores_twice: Vec<f64> = scores.iter().chain(&scores).copied().collect();
        let (a, b) = (values(twice, &scores), values(plain(&doubled), &scores_twice));
        for (a, b) in a.into_iter().zip(b) {
            prop_assert!((a - b).abs() < 1e-9);
        }
    }
}
