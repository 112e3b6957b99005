//! A tree gives the same margins, bit for bit, on the bins it was grown on and on raw floats through
//! its JSON, for rows of the training set and for others.

use proptest::prelude::*;
use wikisentry_trainer::{Params, Sampling};

use crate::data::{Rows, evaluate, train};

/// Few distinct values, so that many lie on an edge, and the special values of floats.
fn value() -> impl Strategy<Value = f32> {
    let corners = [
        f32::NAN,
        -f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MAX,
        f32::MIN,
        f32::MAX.next_down(),
        f32::MIN.next_up(),
        0.0,
        -0.0,
        1e-45,
        -1e-45,
        f32::MIN_POSITIVE,
        1.0,
        1.0_f32.next_up(),
        1.0_f32.next_down(),
    ];
    prop_oneof![
        proptest::sample::select(corners.to_vec()),
        (-6_i8..6).prop_map(|n| f32::from(n) / 2.0),
        any::<u32>().prop_map(f32::from_bits),
    ]
}

fn rows(width: usize, count: std::ops::Range<usize>) -> impl Strategy<Value = Rows> {
    let row = (proptest::collection::vec(value(), width), any::<bool>());
    proptest::collection::vec(row, count).prop_map(move |rows| Rows {
        width,
        labels: rows.iter().map(|row| f32::from(u8::from(row.1))).collect(),
        values: rows.into_iter().flat_map(|row| row.0).collect(),
    })
}

fn sets() -> impl Strategy<Value = (Rows, Rows)> {
    (1_usize..10).prop_flat_map(|width| (rows(width, 2..120), rows(width, 1..60)))
}

proptest! {
    #[test]
    fn margins_over_bins_are_those_of_the_json_over_floats(
        (mut seen, unseen) in sets(),
        max_bins in prop_oneof![2_usize..6, Just(255)],
        sample_rows in prop_oneof![1_usize..20, Just(1000)],
        max_depth in 1_usize..6,
        subsample in prop_oneof![Just(1.0), 0.3..1.0],
        seed in any::<u64>(),
    ) {
        // There must be rows of both classes.
        seen.labels[0] = 0.0;
        seen.labels[1] = 1.0;
        let edges = seen.edges(Sampling { max_bins, sample_rows, seed });
        for feature in 0..seen.width {
            let edges = edges.edges(feature);
            prop_assert!(edges.len() < max_bins);
            prop_assert!(edges.iter().all(|edge| edge.is_finite()));
            prop_assert!(edges.is_sorted_by(|a, b| a < b));
        }
        let params = Params {
            trees: 5,
            learning_rate: 0.7,
            max_depth,
            min_child_weight: 0.0,
            lambda: 0.1,
            subsample,
            seed,
            ..Params::default()
        };
        let set = seen.binned(&edges);
        let model = train(&set, &params);
        for rows in [&seen, &unseen] {
            let over_bins = model.margins(&rows.binned(&edges));
            let over_floats = evaluate(&model, rows);
            let bits = |margins: &[f32]| margins.iter().map(|m| m.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&over_bins), bits(&over_floats));
        }
    }
}
