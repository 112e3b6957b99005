//! Every refusal, by its message.

use std::ops::ControlFlow;

use wikisentry_trainer::{
    BinnedSet, DataError, EarlyStopping, EdgeSampler, Params, Sampling, TrainError, train,
};

use crate::data::Rows;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn two_columns() -> BinnedSet {
    Rows::uniform(40, 50, 2, |row, _| row[0] > 0.0).set()
}

#[test]
fn names_and_sampling_that_cannot_be_used_are_refused() {
    let default = Sampling::default;
    for (given, sampling, expected) in [
        (
            names(&[]),
            default(),
            "0 features: 1 to 32768 are supported",
        ),
        (names(&["a", "b", "a"]), default(), "feature name \"a\""),
        (names(&["a", ""]), default(), "feature name \"\""),
        (names(&["a<b"]), default(), "feature name \"a<b\""),
        (
            names(&["a"]),
            Sampling {
                max_bins: 1,
                ..default()
            },
            "`max_bins` is 1",
        ),
        (
            names(&["a"]),
            Sampling {
                max_bins: 256,
                ..default()
            },
            "`max_bins` is 256",
        ),
        (
            names(&["a"]),
            Sampling {
                sample_rows: 0,
                ..default()
            },
            "`sample_rows` is 0",
        ),
    ] {
        let error = EdgeSampler::new(given, sampling).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let mut sampler = EdgeSampler::new(names(&["a", "b"]), default()).unwrap();
    let error = sampler.push(&[1.0, 2.0, 3.0]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "3 values do not make up rows of 2 features"
    );
    assert_eq!(sampler.finish().unwrap_err(), DataError::NoRows);
}

#[test]
fn rows_that_do_not_fit_are_refused_whole() {
    let mut set = two_columns();
    let two = [1.0, 2.0, 3.0, 4.0];
    let nan = f32::NAN;
    for (rows, labels, weights, expected) in [
        (
            &two[..3],
            &[0.0, 1.0][..],
            None,
            "3 values do not make up rows of 2 features",
        ),
        (&two, &[0.0], None, "1 labels for 2 rows"),
        (
            &two,
            &[0.0, nan],
            None,
            "the label of row 1 is NaN: it must be 0 or 1",
        ),
        (
            &two,
            &[0.5, 1.0],
            None,
            "the label of row 0 is 0.5: it must be 0 or 1",
        ),
        (&two, &[0.0, 1.0], Some(&[1.0][..]), "1 weights for 2 rows"),
        (
            &two,
            &[0.0, 1.0],
            Some(&[1.0, nan]),
            "the weight of row 1 is NaN",
        ),
        (
            &two,
            &[0.0, 1.0],
            Some(&[-1.0, 1.0]),
            "the weight of row 0 is -1",
        ),
        (
            &two,
            &[0.0, 1.0],
            Some(&[1.0, f32::INFINITY]),
            "the weight of row 1 is inf",
        ),
    ] {
        let error = match weights {
            None => set.push(rows, labels),
            Some(weights) => set.push_weighted(rows, labels, weights),
        };
        let error = error.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(set.len(), 50);
    }
    set.push(&two, &[0.0, 1.0]).unwrap();
    set.push_weighted(&two, &[1.0, 1.0], &[0.0, 2.0]).unwrap();
    set.push(&[], &[]).unwrap();
    assert_eq!(set.len(), 54);
}

fn refused(set: &BinnedSet, valid: Option<&BinnedSet>, params: &Params) -> String {
    let trained = train(set, valid, params, &mut |_| ControlFlow::Continue(()));
    trained.expect_err("refused").to_string()
}

#[test]
fn parameters_out_of_range_are_refused_by_name() {
    let good = Params::default;
    let none = EarlyStopping { rounds: 0 };
    for (params, expected) in [
        (
            Params { trees: 0, ..good() },
            "`trees` is 0: it must be at least 1",
        ),
        (
            Params {
                learning_rate: 0.0,
                ..good()
            },
            "`learning_rate` is 0",
        ),
        (
            Params {
                learning_rate: f32::NAN,
                ..good()
            },
            "`learning_rate` is NaN",
        ),
        (
            Params {
                max_depth: 0,
                ..good()
            },
            "`max_depth` is 0: it must be 1 to 10",
        ),
        (
            Params {
                max_depth: 11,
                ..good()
            },
            "`max_depth` is 11",
        ),
        (
            Params {
                min_child_weight: -1.0,
                ..good()
            },
            "`min_child_weight` is -1",
        ),
        (
            Params {
                lambda: f64::INFINITY,
                ..good()
            },
            "`lambda` is inf",
        ),
        (
            Params {
                gamma: -0.1,
                ..good()
            },
            "`gamma` is -0.1",
        ),
        (
            Params {
                subsample: 1.5,
                ..good()
            },
            "`subsample` is 1.5",
        ),
        (
            Params {
                colsample: 0.0,
                ..good()
            },
            "`colsample` is 0",
        ),
        (
            Params {
                threads: 0,
                ..good()
            },
            "`threads` is 0",
        ),
        (
            Params {
                early_stopping: Some(none),
                ..good()
            },
            "`early_stopping.rounds` is 0",
        ),
    ] {
        let error = refused(&two_columns(), None, &params);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn sets_with_rows_of_one_class_are_refused() {
    let good = two_columns();
    let of = |rows: &[f32], labels: &[f32]| {
        let mut set = BinnedSet::new(good.edges().clone());
        set.push(rows, labels).unwrap();
        set
    };
    let params = Params::default();
    let (empty, negative) = (of(&[], &[]), of(&[1.0; 4], &[0.0; 2]));
    let positive = of(&[1.0; 4], &[1.0; 2]);
    let mut weightless = of(&[1.0; 2], &[0.0]);
    weightless.push_weighted(&[1.0; 2], &[1.0], &[0.0]).unwrap();
    for (set, valid, expected) in [
        (&empty, None, "the training set has no rows"),
        (&negative, None, "the training set has no positive rows"),
        (&positive, None, "the training set has no negative rows"),
        (&weightless, None, "the training set has no positive rows"),
        (&good, Some(&empty), "the validation set has no rows"),
        (
            &good,
            Some(&negative),
            "the validation set has no positive rows",
        ),
    ] {
        let error = refused(set, valid, &params);
        assert!(error.starts_with(expected), "{error}");
    }
    let other = Rows::uniform(41, 50, 2, |row, _| row[0] > 0.0).set();
    assert_eq!(
        refused(&good, Some(&other), &params),
        TrainError::DifferentEdges.to_string()
    );
    let stop = EarlyStopping { rounds: 5 };
    let stopping = Params {
        early_stopping: Some(stop),
        ..params
    };
    assert_eq!(
        refused(&good, None, &stopping),
        TrainError::NoValidation.to_string()
    );
}
