//! Progress, cancelling, and early stopping.

use std::ops::ControlFlow;

use rand::RngExt;
use wikisentry_trainer::{EarlyStopping, Params, Sampling, TrainError, train};

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
    let params = Params {
        early_stopping: Some(EarlyStopping { rounds: 15 }),
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
    assert_eq!(history.len(), kept + 15);
    let best = history[kept - 1];
    assert!(history[..kept - 1].iter().all(|&value| value > best));
    assert!(history[kept..].iter().all(|&value| value >= best));
    assert!(seen.iter().map(|progress| progress.tree).eq(1..=kept + 15));
    assert!(seen.iter().all(|progress| progress.trees == params.trees));
    let last = seen.last().unwrap();
    assert_eq!((last.tree, last.best_tree), (kept + 15, Some(kept)));
    assert_eq!(last.validation, history.last().copied());
    // The JSON holds the best trees alone: its log loss is the best one.
    let again = log_loss(&evaluate(&model, &unseen), &unseen.labels);
    assert!((again - best).abs() < 1e-9, "{again}, {best}");
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

#[test]
fn a_training_that_runs_to_the_end_also_keeps_only_its_best_trees() {
    let (rows, unseen) = (noisy(32), noisy(33));
    let edges = rows.edges(Sampling::default());
    let stop = EarlyStopping { rounds: 1000 };
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
