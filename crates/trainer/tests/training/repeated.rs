//! The same rows, parameters and seed give the same bytes, on any number of threads.

use rand::RngExt;
use wikisentry_trainer::{BinnedSet, EdgeSampler, Params, Sampling};

use crate::data::{Rows, train};

/// More rows than one block of the histogram, and a number of features that fills no group.
fn rows() -> Rows {
    Rows::uniform(20, 40_000, 11, |row, rng| {
        if row[3] > 0.8 {
            row[4] = f32::NAN;
        }
        row[0] * row[1] + row[2] > rng.random_range(-0.5..1.0)
    })
}

fn params() -> Params {
    Params {
        trees: 12,
        subsample: 0.7,
        colsample: 0.8,
        seed: 5,
        ..Params::default()
    }
}

#[test]
fn a_model_depends_on_neither_the_run_nor_the_threads() {
    let set = rows().set();
    let first = train(&set, &params()).to_json();
    for threads in [1, 2, 3, 8] {
        let again = train(
            &set,
            &Params {
                threads,
                ..params()
            },
        )
        .to_json();
        assert!(again == first, "{threads} threads");
    }
    let other = train(
        &set,
        &Params {
            seed: 6,
            ..params()
        },
    )
    .to_json();
    assert!(other != first, "the seed decides which rows are drawn");
}

#[test]
fn a_set_does_not_depend_on_how_its_rows_are_split_into_calls() {
    let rows = rows();
    let sampling = Sampling {
        sample_rows: 1000,
        max_bins: 30,
        seed: 9,
    };
    let whole = rows.edges(sampling.clone());
    let names = whole.feature_names().to_vec();
    let mut sampler = EdgeSampler::new(names, sampling.clone()).unwrap();
    for piece in rows.values.chunks(7 * rows.width) {
        sampler.push(piece).unwrap();
    }
    let edges = sampler.finish().unwrap();
    assert_eq!(edges, whole);
    let mut set = BinnedSet::new(edges);
    for (piece, labels) in rows
        .values
        .chunks(13 * rows.width)
        .zip(rows.labels.chunks(13))
    {
        set.push(piece, labels).unwrap();
    }
    let params = Params {
        trees: 3,
        ..params()
    };
    let (a, b) = (train(&set, &params), train(&rows.binned(&whole), &params));
    assert!(a.to_json() == b.to_json());
    let other = rows.edges(Sampling {
        seed: 10,
        ..sampling
    });
    assert_ne!(other, whole, "the seed decides which rows are sampled");
}
