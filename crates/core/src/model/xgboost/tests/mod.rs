//! The predictions of a small hand-made model, and every refusal.

mod fuzzed;
mod vectors;

use serde_json::{Value, json};

use super::checked::base_margin;
use super::forest::{MAX_FEATURES, MAX_NODES};
use super::*;

/// Two trees on two features: a split at 0.5 whose right child splits at -0.0, and a leaf.
fn small() -> Value {
    json!({
        "version": [3, 2, 0],
        "learner": {
            "attributes": {}, "feature_names": ["a", "b"], "feature_types": [],
            "learner_model_param": {
                "base_score": "[5E-1]", "boost_from_average": "1",
                "num_class": "0", "num_feature": "2", "num_target": "1"
            },
            "objective": { "name": "binary:logistic", "reg_loss_param": {} },
            "gradient_booster": { "name": "gbtree", "model": {
                "cats": {}, "iteration_indptr": [0, 1, 2],
                "gbtree_model_param": { "num_parallel_tree": "1", "num_trees": "2" },
                "tree_info": [0, 0],
                "trees": [{
                    "id": 0,
                    "left_children": [1, -1, 3, -1, -1], "right_children": [2, -1, 4, -1, -1],
                    "split_indices": [0, 0, 1, 0, 0],
                    "split_conditions": [0.5, 1.0, -0.0, 2.0, 4.0],
                    "default_left": [1, 0, 0, 0, 0], "split_type": [0, 0, 0, 0, 0],
                    "sum_hessian": [6.0, 2.0, 4.0, 1.0, 3.0],
                    "tree_param": {
                        "num_deleted": "0", "num_feature": "2", "num_nodes": "5",
                        "size_leaf_vector": "1"
                    }
                }, {
                    "id": 1, "left_children": [-1], "right_children": [-1], "split_indices": [0],
                    "split_conditions": [8], "default_left": [0], "split_type": [0],
                    "sum_hessian": [6.0],
                    "tree_param": {
                        "num_deleted": "0", "num_feature": "2", "num_nodes": "1",
                        "size_leaf_vector": "0"
                    }
                }]
            }}
        }
    })
}

const PARAM: &str = "/learner/learner_model_param";
const BOOSTER: &str = "/learner/gradient_booster";
const MODEL: &str = "/learner/gradient_booster/model";
const TREE: &str = "/learner/gradient_booster/model/trees/0";

/// The small model with the value at `base` + `rest` replaced.
fn changed(base: &str, rest: &str, value: Value) -> Vec<u8> {
    let mut model = small();
    let pointer = format!("{base}{rest}");
    *model.pointer_mut(&pointer).expect(&pointer) = value;
    model.to_string().into_bytes()
}

#[test]
fn a_split_sends_smaller_values_left_and_missing_ones_by_default() {
    let booster = Booster::from_json(small().to_string().as_bytes()).unwrap();
    assert_eq!(booster.feature_names(), ["a", "b"]);
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    for (row, expected) in [
        ([0.5_f32.next_down(), 9.0], 9.0),
        ([nan, 9.0], 9.0),
        ([-inf, nan], 9.0),
        ([0.5, -1e-45], 10.0),
        ([inf, -inf], 10.0),
        ([0.5, 0.0], 12.0),
        ([0.5, -0.0], 12.0),
        ([0.5, inf], 12.0),
        ([0.5, nan], 12.0),
    ] {
        assert_eq!(booster.margin(&row), expected, "{row:?}");
    }
}

#[test]
fn base_scores_read_as_text_or_as_a_vector_of_one() {
    for (text, expected) in [
        ("5E-1", -0.0_f32),
        ("[5E-1]", -0.0),
        ("0.25", -1.0986123),
        ("[2.5E-1]", -1.0986123),
        ("9.9E-1", 4.5951247),
        ("[3.7E-2]", -3.2591355),
        ("1E-4", -9.21024),
        ("2.336E-1", -1.1880939),
    ] {
        let margin = base_margin(text).unwrap();
        assert_eq!(margin.to_bits(), expected.to_bits(), "{text}: {margin}");
    }
    for text in [
        "", "[5E-1", "5E-1]", "0", "1", "-1", "2", "nan", "inf", "1E-45", "half",
    ] {
        let error = base_margin(text).unwrap_err();
        assert!(
            matches!(error, XgboostError::BaseScore { .. }),
            "{text}: {error}"
        );
    }
}

#[test]
fn unsupported_models_are_refused_by_name() {
    for (base, rest, value, expected) in [
        ("/version", "", json!([1, 6, 2]), "model of XGBoost 1.6"),
        ("/version", "", json!([4, 0, 0]), "model of XGBoost 4.0"),
        ("/version", "", json!([]), "model of XGBoost 0.0"),
        (
            "/learner/objective",
            "/name",
            json!("reg:squarederror"),
            "objective `reg:squarederror`",
        ),
        (
            BOOSTER,
            "",
            json!({"name": "dart", "gbtree": {}}),
            "booster `dart`",
        ),
        (BOOSTER, "/name", json!("gblinear"), "booster `gblinear`"),
        (PARAM, "/num_class", json!("3"), "multi-class"),
        (PARAM, "/num_target", json!("2"), "2 targets"),
        (PARAM, "/base_score", json!("[2E-1,3E-1]"), "2 targets"),
        (
            TREE,
            "/tree_param/size_leaf_vector",
            json!("2"),
            "vectors of 2",
        ),
        (
            TREE,
            "/split_type/2",
            json!(1),
            "tree 0, node 2: categorical",
        ),
        (PARAM, "/num_feature", json!("0"), "0 features"),
        (PARAM, "/num_feature", json!("32769"), "32769 features"),
    ] {
        refused(&changed(base, rest, value), expected);
    }
}

/// The small model as XGBoost 1.7 and 2.1 would write it with these texts as thresholds.
fn with_thresholds(model: &[u8], thresholds: &str) -> Vec<u8> {
    let text = String::from_utf8(model.to_vec()).unwrap();
    let known = "[0.5,1.0,-0.0,2.0,4.0]";
    assert!(text.contains(known), "{text}");
    text.replace(known, thresholds).into_bytes()
}

#[test]
fn categorical_splits_are_named_where_their_thresholds_are_no_json() {
    let categorical = changed(TREE, "/split_type/2", json!(1));
    let nan = with_thresholds(&categorical, "[0.5,1.0,NaN,2.0,4.0]");
    refused(&nan, "tree 0, node 2: categorical splits");
    // Whatever else it is refused for comes first, as for others.
    let mut other: Value = serde_json::from_slice(&categorical).unwrap();
    *other.pointer_mut("/learner/objective/name").unwrap() = json!("reg:squarederror");
    let nan = with_thresholds(other.to_string().as_bytes(), "[0.5,1.0,NaN,2.0,4.0]");
    refused(&nan, "objective `reg:squarederror`");
    for thresholds in ["[0.5,1.0,NaN,2.0,4.0]", "[0.5,1.0,-Infinity,2.0,4.0]"] {
        let small = small().to_string();
        refused(
            &with_thresholds(small.as_bytes(), thresholds),
            "NaN or infinite",
        );
    }
    let torn = with_thresholds(&categorical, "[0.5,1.0,NaN,2.0,4.0");
    refused(&torn, "not an XGBoost JSON model");
}

#[test]
fn broken_models_are_refused_with_the_field() {
    for (base, rest, value, expected) in [
        (
            "/learner/objective",
            "",
            json!({}),
            "at `learner.objective`: missing field `name`",
        ),
        (
            PARAM,
            "/num_feature",
            json!("two"),
            "`num_feature` is \"two\"",
        ),
        (
            PARAM,
            "/base_score",
            json!("1E0"),
            "`base_score` is \"1E0\"",
        ),
        (
            "/learner/feature_names",
            "",
            json!(["a"]),
            "`feature_names` has 1",
        ),
        (
            MODEL,
            "/gbtree_model_param/num_trees",
            json!("3"),
            "`trees` has 2 elements, expected 3",
        ),
        (MODEL, "/tree_info", json!([0]), "`tree_info` has 1"),
        (
            MODEL,
            "/tree_info",
            json!([0, 1]),
            "tree 1 belongs to output 1",
        ),
        (TREE, "/id", json!(1), "tree 0 has the id 1"),
        (
            TREE,
            "/tree_param/num_nodes",
            json!("4"),
            "`left_children` has 5",
        ),
        (TREE, "/default_left", json!([1]), "`default_left` has 1"),
        (
            TREE,
            "/left_children/0",
            json!(5),
            "node 0: children 5 and 2",
        ),
        (
            TREE,
            "/right_children/0",
            json!(-1),
            "node 0: children 1 and -1",
        ),
        (
            TREE,
            "/left_children/2",
            json!(0),
            "node 0 is the child of more than one",
        ),
        (
            TREE,
            "/left_children/2",
            json!(2),
            "node 2 is the child of more than one",
        ),
        (
            TREE,
            "/left_children/2",
            json!(4),
            "node 4 is the child of more than one",
        ),
        (
            TREE,
            "/tree_param/num_deleted",
            json!("1"),
            "0 nodes cannot be reached, but 1",
        ),
        (
            TREE,
            "/split_indices/2",
            json!(2),
            "feature 2, but the model has 2",
        ),
        (
            TREE,
            "/split_conditions/0",
            json!(1e39),
            "node 0: the value inf",
        ),
        (
            TREE,
            "/split_conditions/1",
            json!(-1e39),
            "node 1: the value -inf",
        ),
        (
            TREE,
            "/split_conditions/1",
            json!("1"),
            "trees[0].split_conditions[1]",
        ),
        (
            TREE,
            "/split_conditions/1",
            Value::Null,
            "trees[0].split_conditions[1]",
        ),
        (TREE, "/default_left/0", json!(2), "`default_left` is 2"),
    ] {
        refused(&changed(base, rest, value), expected);
    }
    let mut empty = small();
    empty["learner"]["gradient_booster"]["model"] = json!({
        "gbtree_model_param": { "num_trees": "0" }, "tree_info": [], "trees": []
    });
    refused(empty.to_string().as_bytes(), "no trees");
    refused(b"", "EOF");
    refused(b"{} {}", "missing field");
    refused(format!("{} x", small()).as_bytes(), "trailing");
    refused("[".repeat(100_000).as_bytes(), "expected");
}

fn refused(model: &[u8], expected: &str) {
    let error = Booster::from_json(model).unwrap_err().to_string();
    assert!(
        error.contains(expected),
        "expected {expected:?}, got {error:?}"
    );
}

#[test]
fn the_largest_tree_and_feature_number_are_evaluated() {
    // A chain as long as a tree can be: node 2n splits the last feature at n.
    let splits = (MAX_NODES - 1) / 2;
    let nodes = 2 * splits + 1;
    let child = |n: usize, side: usize| {
        if n.is_multiple_of(2) && n + 2 < nodes {
            (n + side) as i64
        } else {
            -1
        }
    };
    let mut model = small();
    model["learner"]["feature_names"] = json!([]);
    model["learner"]["learner_model_param"]["num_feature"] = json!(MAX_FEATURES.to_string());
    let tree = model.pointer_mut(TREE).unwrap();
    tree["left_children"] = (0..nodes).map(|n| child(n, 1)).collect();
    tree["right_children"] = (0..nodes).map(|n| child(n, 2)).collect();
    tree["split_indices"] = json!(vec![MAX_FEATURES - 1; nodes]);
    tree["split_conditions"] = (0..nodes).map(|n| n / 2).collect();
    tree["default_left"] = (0..nodes).map(|n| n % 4 / 2).collect();
    tree["split_type"] = json!(vec![0; nodes]);
    tree["tree_param"]["num_nodes"] = json!(nodes.to_string());
    let booster = Booster::from_json(model.to_string().as_bytes()).unwrap();
    let mut row = vec![f32::NAN; MAX_FEATURES];
    for (x, leaf) in [(-1.0, 0), (0.0, 1), (1234.5, 1235), (1e9, splits)] {
        row[MAX_FEATURES - 1] = x;
        assert_eq!(booster.margin(&row), leaf as f32 + 8.0, "x = {x}");
    }
}
