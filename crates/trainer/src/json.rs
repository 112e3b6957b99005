//! A model in the JSON of XGBoost 2.1 (its `doc/model.schema` and saved models). Floats are
//! written in their shortest form that reads back to the same bits.

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::TrainedModel;
use crate::tree::{Node, Split, Tree};

/// The release whose form this is.
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

pub(crate) fn write(model: &TrainedModel) -> Vec<u8> {
    let features = model.feature_names().len().to_string();
    let trees: Vec<TreeJson> = (model.trees.iter().enumerate())
        .map(|(id, tree)| tree_json(id, tree, &features))
        .collect();
    let count = trees.len();
    let document = Document {
        learner: Learner {
            attributes: json!({}),
            feature_names: model.feature_names(),
            feature_types: [],
            gradient_booster: GradientBooster {
                model: Forest {
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
                "base_score": format!("{:E}", model.base.score),
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
struct Document<'a> {
    learner: Learner<'a>,
    version: [u32; 3],
}

#[derive(Serialize)]
struct Learner<'a> {
    attributes: Value,
    feature_names: &'a [String],
    feature_types: [&'static str; 0],
    gradient_booster: GradientBooster,
    learner_model_param: Value,
    objective: Value,
}

#[derive(Serialize)]
struct GradientBooster {
    model: Forest,
    name: &'static str,
}

#[derive(Serialize)]
struct Forest {
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

fn of<T>(nodes: &[Node], value: impl Fn(&Node) -> T) -> Vec<T> {
    nodes.iter().map(value).collect()
}

fn split_of<T: Copy>(nodes: &[Node], leaf: T, value: impl Fn(&Split) -> T) -> Vec<T> {
    of(nodes, |node| node.split.as_ref().map_or(leaf, &value))
}
