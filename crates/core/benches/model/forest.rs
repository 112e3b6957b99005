//! A forest to time the evaluator on. The bench `model` of this crate and the figures of the whole
//! program use the same one.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

pub const TREES: usize = 300;
/// Number of splits on every path.
pub const DEPTH: u32 = 6;
pub const FEATURES: usize = 60;

/// Full trees with random features, thresholds and default directions. No branch is predictable and
/// every path has its full length, which is worse than any real model.
pub fn random_model(rng: &mut ChaCha8Rng) -> Value {
    let inner = (1_usize << DEPTH) - 1;
    let nodes = 2 * inner + 1;
    let trees: Vec<Value> = (0..TREES)
        .map(|id| {
            let child = |node: usize, side| {
                if node < inner {
                    (2 * node + side) as i64
                } else {
                    -1
                }
            };
            let left: Vec<i64> = (0..nodes).map(|node| child(node, 1)).collect();
            let right: Vec<i64> = (0..nodes).map(|node| child(node, 2)).collect();
            let conditions: Vec<f32> = (0..nodes).map(|_| rng.random_range(-0.5..0.5)).collect();
            let features: Vec<usize> = (0..nodes).map(|_| rng.random_range(0..FEATURES)).collect();
            // The covers of rows that are divided evenly at every split.
            let covers: Vec<f64> = (0..nodes)
                .map(|node| 4096.0 / f64::from((node as u32 + 1).ilog2()).exp2())
                .collect();
            let default_left: Vec<u8> = (0..nodes).map(|_| rng.random_range(0..2)).collect();
            json!({
                "id": id, "left_children": left, "right_children": right,
                "split_conditions": conditions, "split_indices": features,
                "default_left": default_left, "split_type": vec![0; nodes],
                "sum_hessian": covers,
                "tree_param": {
                    "num_deleted": "0", "num_nodes": nodes.to_string(), "size_leaf_vector": "1"
                }
            })
        })
        .collect();
    json!({
        "version": [3, 0, 0],
        "learner": {
            "feature_names": [],
            "learner_model_param": {
                "base_score": "5E-1", "num_class": "0", "num_target": "1",
                "num_feature": FEATURES.to_string()
            },
            "objective": { "name": "binary:logistic" },
            "gradient_booster": { "name": "gbtree", "model": {
                "gbtree_model_param": { "num_trees": TREES.to_string() },
                "tree_info": vec![0; TREES], "trees": trees
            }}
        }
    })
}
