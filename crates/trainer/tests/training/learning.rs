//! What the trees learn, measured on the JSON with rows they have not seen.

use rand::RngExt;
use wikisentry_trainer::{BinnedSet, Params, Sampling};

use crate::data::{Rows, evaluate, roc_auc, train};

fn few_trees() -> Params {
    Params {
        trees: 40,
        max_depth: 4,
        ..Params::default()
    }
}

#[test]
fn an_interaction_without_main_effects_is_learned() {
    let xor = |row: &mut [f32], _: &mut _| (row[0] > 0.0) != (row[1] > 0.0);
    let model = train(&Rows::uniform(1, 4000, 3, xor).set(), &few_trees());
    let fresh = Rows::uniform(2, 2000, 3, xor);
    let auc = roc_auc(&evaluate(&model, &fresh), &fresh.labels);
    assert!(auc > 0.99, "{auc}");
}

#[test]
fn missing_values_go_to_the_side_of_their_class() {
    // Feature 0 tells the class by its sign. It is missing in a third of the rows, always of the
    // one class or always of the other.
    for side in [false, true] {
        let label = |row: &mut [f32], rng: &mut rand_chacha::ChaCha8Rng| {
            if rng.random_bool(1.0 / 3.0) {
                row[0] = f32::NAN;
                return side;
            }
            row[0] > 0.0
        };
        let rows = Rows::uniform(3, 3000, 1, label);
        let model = train(
            &rows.set(),
            &Params {
                max_depth: 1,
                ..few_trees()
            },
        );
        let root = model.trees()[0].nodes()[0].split.as_ref().unwrap();
        assert!(root.threshold.abs() < 0.01, "{root:?}");
        assert_eq!(root.default_left, !side, "{root:?}");
        let auc = roc_auc(&evaluate(&model, &rows), &rows.labels);
        assert!(auc > 0.999, "missing is {side}: {auc}");
    }
}

#[test]
fn missingness_is_learned_as_the_only_signal() {
    let label = |row: &mut [f32], rng: &mut rand_chacha::ChaCha8Rng| {
        let missing = rng.random_bool(0.3);
        if missing {
            row[1] = f32::NAN;
        }
        missing
    };
    let rows = Rows::uniform(4, 3000, 2, label);
    let model = train(
        &rows.set(),
        &Params {
            max_depth: 1,
            ..few_trees()
        },
    );
    assert_eq!(roc_auc(&evaluate(&model, &rows), &rows.labels), 1.0);
}

#[test]
fn values_never_missing_in_training_are_sent_with_the_majority() {
    let rows = Rows::uniform(5, 3000, 1, |row, _| row[0] > 0.6);
    let model = train(
        &rows.set(),
        &Params {
            trees: 1,
            max_depth: 1,
            ..few_trees()
        },
    );
    let root = model.trees()[0].nodes()[0].split.as_ref().unwrap();
    assert!(
        root.default_left && (root.threshold - 0.6).abs() < 0.02,
        "{root:?}"
    );
}

/// One row in twenty is positive, and four in five of those lie in a corner.
fn rare(row: &mut [f32], rng: &mut rand_chacha::ChaCha8Rng) -> bool {
    let positive = rng.random_bool(0.05);
    if positive && rng.random_bool(0.8) {
        row[0] = rng.random_range(0.5..1.0);
        row[1] = rng.random_range(0.5..1.0);
    }
    positive
}

#[test]
fn a_rare_class_is_found_and_its_rate_is_predicted() {
    let rows = Rows::uniform(6, 20_000, 5, rare);
    let model = train(&rows.set(), &few_trees());
    let fresh = Rows::uniform(7, 20_000, 5, rare);
    let margins = evaluate(&model, &fresh);
    let auc = roc_auc(&margins, &fresh.labels);
    assert!(auc > 0.83, "{auc}");
    let rate = mean_probability(&margins);
    assert!((rate - 0.05).abs() < 0.006, "{rate}");
    assert!((model.base_score() - 0.05).abs() < 0.005);
}

fn mean_probability(margins: &[f32]) -> f64 {
    let sum: f64 = margins
        .iter()
        .map(|&m| 1.0 / (1.0 + f64::from(-m).exp()))
        .sum();
    sum / margins.len() as f64
}

#[test]
fn a_row_of_weight_three_counts_as_three_rows() {
    let rows = Rows::uniform(8, 2000, 3, |row, rng| {
        row[0] + row[1] > rng.random_range(-1.0..1.0)
    });
    let edges = rows.edges(Sampling::default());
    let mut weighed = BinnedSet::new(edges.clone());
    let mut repeated = BinnedSet::new(edges);
    for (n, (row, label)) in rows.values.chunks(3).zip(&rows.labels).enumerate() {
        let times = if n % 2 == 0 { 3 } else { 1 };
        weighed
            .push_weighted(row, &[*label], &[times as f32])
            .unwrap();
        for _ in 0..times {
            repeated.push(row, &[*label]).unwrap();
        }
    }
    // Rounding differs, so a high gain threshold keeps the choice of splits clear.
    let params = Params {
        gamma: 2.0,
        trees: 20,
        ..few_trees()
    };
    let (a, b) = (train(&weighed, &params), train(&repeated, &params));
    let (a, b) = (evaluate(&a, &rows), evaluate(&b, &rows));
    let off = a
        .iter()
        .zip(&b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(off < 0.02, "{off}");
}

#[test]
fn fewer_rows_and_features_a_tree_still_learn() {
    let label = |row: &mut [f32], _: &mut _| row[0] * row[1] + row[2] > 0.1;
    let rows = Rows::uniform(9, 5000, 8, label);
    let params = Params {
        subsample: 0.5,
        colsample: 0.5,
        trees: 120,
        ..few_trees()
    };
    let fresh = Rows::uniform(10, 5000, 8, label);
    let model = train(&rows.set(), &params);
    let auc = roc_auc(&evaluate(&model, &fresh), &fresh.labels);
    assert!(auc > 0.98, "{auc}");
    for tree in model.trees() {
        let splits = tree.nodes().iter().filter_map(|node| node.split.as_ref());
        let features: std::collections::BTreeSet<u32> = splits.map(|s| s.feature).collect();
        assert!(features.len() <= 4, "{features:?}");
    }
}

#[test]
fn limits_on_splits_hold_at_every_node() {
    let rows = Rows::uniform(11, 5000, 4, |row, rng| row[0] > rng.random_range(-1.0..1.0));
    let params = Params {
        min_child_weight: 30.0,
        gamma: 3.0,
        max_depth: 5,
        ..few_trees()
    };
    let model = train(&rows.set(), &params);
    let mut splits = 0;
    for tree in model.trees() {
        let mut depth = vec![0; tree.nodes().len()];
        for (n, node) in tree.nodes().iter().enumerate() {
            if let Some(parent) = node.parent {
                depth[n] = depth[parent as usize] + 1;
                assert!(node.hessian >= 29.99, "{node:?}");
            }
            assert!(depth[n] <= 5);
            if let Some(split) = &node.split {
                splits += 1;
                assert!(split.gain >= 3.0, "{split:?}");
                let child = |n: u32| tree.nodes()[n as usize].hessian;
                let sum = child(split.left) + child(split.right);
                assert!((sum - node.hessian).abs() < 1e-3 * sum, "{node:?}");
            }
        }
    }
    assert!(splits > 40, "{splits}");
}
