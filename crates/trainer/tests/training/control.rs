//! Progress, cancelling, and early stopping.

use std::ops::ControlFlow;

use rand::RngExt;
use wikisentry_trainer::{EarlyStopping, Metric, Params, Sampling, TrainError, train};

use crate::data::{Rows, evaluate};

fn noisy(seed: u64) -> Rows {
    Rows::uniform(seed, 1500, 6, |row, rng| {
        row[0] > rng.random_range(-2.0..2.0)
    })
}

#[test]
fn early_stopping_keeps_the_trees_up_to_the_best_one() {
    let (rows, unseen) = (noisy(30), noisy(31));
    let edges = rows.edges(Sampling::default());
    let (training, valid) = (rows.binned(&edges), unseen.binned(&edges));
    for metric in [Metric::LogLoss, Metric::AveragePrecision] {
        let stop = EarlyStopping { rounds: 15, metric };
        let params = Params {
            early_stopping: Some(stop),
            learning_rate: 0.3,
            ..Params::default()
        };
        let mut seen = Vec::new();
        let model = train(&training, Some(&valid), &params, &mut |progress| {
            seen.push(*progress);
            ControlFlow::Continue(())
        })
        .unwrap();
        let history = model.validation();
        let kept = model.trees().len();
        assert_eq!(history.len(), kept + 15, "{metric:?}");
        let best = history[kept - 1];
        let worse = |value: f64| match metric {
            Metric::LogLoss => value > best,
            Metric::AveragePrecision => value < best,
        };
        assert!(
            history[..kept - 1].iter().all(|&value| worse(value)),
            "{metric:?}"
        );
        assert!(
            history[kept..]
                .iter()
                .all(|&value| value == best || worse(value)),
            "{metric:?}"
        );
        assert!(seen.iter().map(|progress| progress.tree).eq(1..=kept + 15));
        assert!(seen.iter().all(|progress| progress.trees == params.trees));
        let last = seen.last().unwrap();
        assert_eq!((last.tree, last.best_tree), (kept + 15, Some(kept)));
        assert_eq!(last.validation, history.last().copied());
        // The JSON holds the best trees alone: its metric is the best one.
        let margins = evaluate(&model, &unseen);
        let again = match metric {
            Metric::LogLoss => log_loss(&margins, &unseen.labels),
            Metric::AveragePrecision => average_precision(&margins, &unseen.labels),
        };
        assert!((again - best).abs() < 1e-9, "{metric:?}: {again}, {best}");
    }
}

fn log_loss(margins: &[f32], labels: &[f32]) -> f64 {
    let losses = margins.iter().zip(labels).map(|(&margin, &label)| {
        let probability = 1.0 / (1.0 + f64::from(-margin).exp());
        -(if label == 1.0 {
            probability
        } else {
            1.0 - probability
        })
        .ln()
    });
    losses.sum::<f64>() / margins.len() as f64
}

/// Precision at each threshold, weighed by the recall gained there, straight from the definition.
fn average_precision(margins: &[f32], labels: &[f32]) -> f64 {
    let mut thresholds = margins.to_vec();
    thresholds.sort_unstable_by(|a, b| b.total_cmp(a));
    thresholds.dedup();
    let all = labels.iter().filter(|&&label| label == 1.0).count() as f64;
    let (mut area, mut recall) = (0.0, 0.0);
    for threshold in thresholds {
        let chosen = margins
            .iter()
            .zip(labels)
            .filter(|pair| *pair.0 >= threshold);
        let (found, seen) = chosen.fold((0.0, 0.0), |(found, seen), pair| {
            (found + f64::from(*pair.1), seen + 1.0)
        });
        area += (found / all - recall) * found / seen;
        recall = found / all;
    }
    area
}

#[test]
fn a_training_that_runs_to_the_end_also_keeps_only_its_best_trees() {
    let (rows, unseen) = (noisy(32), noisy(33));
    let edges = rows.edges(Sampling::default());
    let stop = EarlyStopping {
        rounds: 1000,
        metric: Metric::LogLoss,
    };
    let params = Params {
        early_stopping: Some(stop),
        trees: 60,
        learning_rate: 0.3,
        ..Params::default()
    };
    let model = train(
        &rows.binned(&edges),
        Some(&unseen.binned(&edges)),
        &params,
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    assert_eq!(model.validation().len(), 60);
    let least = model
        .validation()
        .iter()
        .copied()
        .fold(f64::INFINITY, f64::min);
    assert_eq!(model.validation()[model.trees().len() - 1], least);
    assert!(model.trees().len() < 60);
}

#[test]
fn a_cancelled_training_gives_no_model_and_names_the_number_of_trees() {
    let set = noisy(34).set();
    let mut trees = Vec::new();
    let result = train(&set, None, &Params::default(), &mut |progress| {
        trees.push(progress.tree);
        if progress.tree == 4 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!(result.unwrap_err(), TrainError::Cancelled { trees: 4 });
    assert_eq!(trees, [1, 2, 3, 4]);
}
