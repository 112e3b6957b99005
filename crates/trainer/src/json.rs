//! A model in the JSON of XGBoost 2.1 (its `doc/model.schema` and saved models). Floats are
//! written in their shortest form that reads back to the same bits.

use serde::Serialize;
use serde_json::{Value, json};

use crate::tree::{NodeSplit, Tree, TreeNode};

/// The XGBoost release whose form is written; 2.x and 3.x read it.
const VERSION: [u32; 3] = [2, 1, 4];
/// The parent of a root, as XGBoost writes it.
const NO_PARENT: u32 = i32::MAX as u32;
/// The children of a leaf.
const NO_CHILD: i64 = -1;

/// One array per property, one element per node.
#[derive(Serialize)]
struct TreeJson {
    base_weights: Vec<f32>,
    categories: [u32; 0],
    categories_nodes: [u32; 0],
    categories_segments: [u32; 0],
    categories_sizes: [u32; 0],
    default_left: Vec<u8>,
    id: usize,
    left_children: Vec<i64>,
    loss_changes: Vec<f32>,
    parents: Vec<u32>,
    right_children: Vec<i64>,
    split_conditions: Vec<f32>,
    split_indices: Vec<u32>,
    split_type: Vec<u8>,
    sum_hessian: Vec<f32>,
    tree_param: Value,
}

/// `base_score` is the probability that the sum of the trees starts from.
pub(crate) fn write(feature_names: &[String], base_score: f32, trees: &[Tree]) -> Vec<u8> {
    let features = feature_names.len().to_string();
    let trees: Vec<TreeJson> = (trees.iter().enumerate())
        .map(|(id, tree)| tree_json(id, tree, &features))
        .collect();
    let count = trees.len();
    let document = ModelJson {
        learner: LearnerJson {
            attributes: json!({}),
            feature_names,
            feature_types: [],
            gradient_booster: BoosterJson {
                model: TreesJson {
                    gbtree_model_param: json!({
                        "num_parallel_tree": "1",
                        "num_trees": count.to_string(),
                    }),
                    iteration_indptr: (0..=count).collect(),
                    tree_info: vec![0; count],
                    trees,
                },
                name: "gbtree",
            },
            learner_model_param: json!({
                "base_score": format!("{base_score:E}"),
                "boost_from_average": "1",
                "num_class": "0",
                "num_feature": features,
                "num_target": "1",
            }),
            objective: json!({
                "name": "binary:logistic",
                "reg_loss_param": { "scale_pos_weight": "1" },
            }),
        },
        version: VERSION,
    };
    serde_json::to_vec(&document).expect("structs with string keys serialize")
}

#[derive(Serialize)]
struct ModelJson<'a> {
    learner: LearnerJson<'a>,
    version: [u32; 3],
}

#[derive(Serialize)]
struct LearnerJson<'a> {
    attributes: Value,
    feature_names: &'a [String],
    feature_types: [&'static str; 0],
    gradient_booster: BoosterJson,
    learner_model_param: Value,
    objective: Value,
}

#[derive(Serialize)]
struct BoosterJson {
    model: TreesJson,
    name: &'static str,
}

#[derive(Serialize)]
struct TreesJson {
    gbtree_model_param: Value,
    iteration_indptr: Vec<usize>,
    tree_info: Vec<u32>,
    trees: Vec<TreeJson>,
}

fn tree_json(id: usize, tree: &Tree, features: &str) -> TreeJson {
    let nodes = &tree.nodes;
    TreeJson {
        base_weights: of(nodes, |node| node.weight),
        categories: [],
        categories_nodes: [],
        categories_segments: [],
        categories_sizes: [],
        default_left: split_of(nodes, 0, |split| u8::from(split.default_left)),
        id,
        left_children: split_of(nodes, NO_CHILD, |split| i64::from(split.left)),
        loss_changes: split_of(nodes, 0.0, |split| split.gain),
        parents: of(nodes, |node| node.parent.unwrap_or(NO_PARENT)),
        right_children: split_of(nodes, NO_CHILD, |split| i64::from(split.right)),
        // The threshold of a split, the value of a leaf.
        split_conditions: of(nodes, |node| {
            let threshold = node.split.as_ref().map(|split| split.threshold);
            threshold.unwrap_or(node.value)
        }),
        split_indices: split_of(nodes, 0, |split| split.feature),
        split_type: vec![0; nodes.len()],
        sum_hessian: of(nodes, |node| node.hessian),
        tree_param: json!({
            "num_deleted": "0",
            "num_feature": features,
            "num_nodes": nodes.len().to_string(),
            "size_leaf_vector": "1",
        }),
    }
}

fn of<T>(nodes: &[TreeNode], value: impl Fn(&TreeNode) -> T) -> Vec<T> {
    nodes.iter().map(value).collect()
}

fn split_of<T: Copy>(nodes: &[TreeNode], leaf: T, value: impl Fn(&NodeSplit) -> T) -> Vec<T> {
    of(nodes, |node| node.split.as_ref().map_or(leaf, &value))
}
