//! Contributions against Shapley's definition and Python's values, and refusals.

mod vectors;

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::*;
use crate::model::Booster;

/// A tree in the form that the definition of Shapley's values needs.
enum Grown {
    Leaf(f32),
    Split {
        feature: usize,
        threshold: f32,
        default_left: bool,
        children: Box<[Grown; 2]>,
        /// Share of rows that go left, and right.
        shares: [f64; 2],
    },
}

/// The arrays of a tree in the JSON.
#[derive(Default)]
struct Arrays {
    left: Vec<i64>,
    right: Vec<i64>,
    indices: Vec<usize>,
    conditions: Vec<f32>,
    default_left: Vec<u8>,
    covers: Vec<f32>,
}

impl Arrays {
    fn push(&mut self, cover: f32) -> usize {
        self.left.push(-1);
        self.right.push(-1);
        self.indices.push(0);
        self.conditions.push(0.0);
        self.default_left.push(0);
        self.covers.push(cover);
        self.left.len() - 1
    }
}

fn grow(rng: &mut ChaCha8Rng, features: usize, depth: u32, cover: f32, to: &mut Arrays) -> Grown {
    let at = to.push(cover);
    if depth == 0 || rng.random_bool(0.15) {
        let value = rng.random_range(-2.0..2.0);
        to.conditions[at] = value;
        return Grown::Leaf(value);
    }
    let feature = rng.random_range(0..features);
    let threshold = rng.random_range(-0.8..0.8);
    let default_left = rng.random_bool(0.5);
    to.indices[at] = feature;
    to.conditions[at] = threshold;
    to.default_left[at] = u8::from(default_left);
    // Sometimes no training row went one way.
    let part: f32 = if rng.random_bool(0.05) {
        0.0
    } else {
        rng.random_range(0.01..0.99)
    };
    let covers = [cover * part, cover * (1.0 - part)];
    let next = if part == 0.0 { 0 } else { depth - 1 };
    to.left[at] = to.left.len() as i64;
    let left = grow(rng, features, next, covers[0], to);
    to.right[at] = to.left.len() as i64;
    let right = grow(rng, features, depth - 1, covers[1], to);
    Grown::Split {
        feature,
        threshold,
        default_left,
        children: Box::new([left, right]),
        shares: covers.map(|part| f64::from(part) / f64::from(cover)),
    }
}

fn model(trees: Vec<Value>, features: usize) -> Value {
    json!({
        "version": [3, 2, 0],
        "learner": {
            "learner_model_param": {
                "base_score": "[2E-1]", "num_class": "0", "num_feature": features.to_string()
            },
            "objective": { "name": "binary:logistic" },
            "gradient_booster": { "name": "gbtree", "model": {
                "gbtree_model_param": { "num_trees": trees.len().to_string() },
                "tree_info": vec![0; trees.len()], "trees": trees
            }}
        }
    })
}

fn tree_json(id: usize, arrays: &Arrays) -> Value {
    let nodes = arrays.left.len();
    json!({
        "id": id, "left_children": arrays.left, "right_children": arrays.right,
        "split_indices": arrays.indices, "split_conditions": arrays.conditions,
        "default_left": arrays.default_left, "split_type": vec![0; nodes],
        "sum_hessian": arrays.covers,
        "tree_param": {
            "num_deleted": "0", "num_nodes": nodes.to_string(), "size_leaf_vector": "1"
        }
    })
}

fn grown(seed: u64, features: usize, trees: usize, depth: u32) -> (Value, Vec<Grown>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut json, mut all) = (Vec::new(), Vec::new());
    for id in 0..trees {
        let mut arrays = Arrays::default();
        all.push(grow(&mut rng, features, depth, 1000.0, &mut arrays));
        json.push(tree_json(id, &arrays));
    }
    (model(json, features), all)
}

fn random_row(seed: u64, features: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..features)
        .map(|_| {
            if rng.random_bool(0.2) {
                f32::NAN
            } else {
                rng.random_range(-1.0..1.0)
            }
        })
        .collect()
}

/// The expected value of the tree if only the features in `known` (a bit each) are known.
fn expected(tree: &Grown, row: &[f32], known: u32) -> f64 {
    match tree {
        Grown::Leaf(value) => f64::from(*value),
        Grown::Split {
            feature,
            threshold,
            default_left,
            children,
            shares,
        } => {
            let x = row[*feature];
            let left = if x.is_nan() {
                *default_left
            } else {
                x < *threshold
            };
            let of = |side: usize| expected(&children[side], row, known);
            if known & (1 << feature) != 0 {
                of(usize::from(!left))
            } else {
                shares[0] * of(0) + shares[1] * of(1)
            }
        }
    }
}

/// Shapley's value of a feature by its definition, a sum over all sets of the other features.
fn shapley(trees: &[Grown], row: &[f32], feature: usize) -> f64 {
    let n = row.len() as u32;
    let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
    (0_u32..1 << n)
        .filter(|set| set & (1 << feature) == 0)
        .map(|set| {
            let size = set.count_ones();
            let weight = factorial(size) * factorial(n - 1 - size) / factorial(n);
            let gain = |tree| expected(tree, row, set | 1 << feature) - expected(tree, row, set);
            weight * trees.iter().map(gain).sum::<f64>()
        })
        .sum()
}

fn explainer(model: &Value) -> Result<Explainer, XgboostError> {
    Explainer::from_json(model.to_string().as_bytes())
}

proptest! {
    #[test]
    fn contributions_are_shapleys_values(
        seed in any::<u64>(), features in 1_usize..8, trees in 1_usize..4, depth in 0_u32..8,
    ) {
        let (model, grown) = grown(seed, features, trees, depth);
        let explainer = explainer(&model).unwrap();
        let row = random_row(seed ^ 1, features);
        let found = explainer.explain(&row);
        for feature in 0..features {
            let right = shapley(&grown, &row, feature);
            let value = found.values[feature];
            prop_assert!((value - right).abs() < 1e-9, "feature {feature}: {value}, not {right}");
        }
        let base = -f64::ln(4.0);
        let mean = grown.iter().map(|tree| expected(tree, &row, 0)).sum::<f64>() + base;
        prop_assert!((found.bias - mean).abs() < 1e-6, "bias {}, not {mean}", found.bias);
    }

    #[test]
    fn contributions_and_bias_sum_to_the_margin(
        seed in any::<u64>(), features in 1_usize..60, trees in 1_usize..20, depth in 0_u32..11,
    ) {
        let (model, _) = grown(seed, features, trees, depth);
        let explainer = explainer(&model).unwrap();
        let booster = Booster::from_json(model.to_string().as_bytes()).unwrap();
        for row in 0..4 {
            let row = random_row(seed ^ row, features);
            let (sum, margin) = (explainer.explain(&row).margin(), booster.margin(&row));
            prop_assert!((sum - f64::from(margin)).abs() < 1e-4, "{sum}, not {margin}");
        }
    }
}

/// A chain of splits, each on the next feature or always on the first.
fn chain(splits: usize, features: usize) -> Value {
    let mut arrays = Arrays::default();
    for n in 0..=2 * splits {
        arrays.push(if n % 2 == 0 {
            3.0 - n as f32 / (2 * splits) as f32
        } else {
            1.0
        });
        arrays.conditions[n] = 0.25 * (n as f32 % 7.0 - 3.0);
        if n % 2 == 0 && n < 2 * splits {
            (arrays.left[n], arrays.right[n]) = (n as i64 + 1, n as i64 + 2);
            arrays.indices[n] = n / 2 % features;
        }
    }
    model(vec![tree_json(0, &arrays)], features)
}

#[test]
fn long_paths_are_explained_up_to_64_features() {
    for features in [1, 8, 9, 16, 17, 32, 33, 64] {
        let model = chain(features, features);
        let row = vec![0.9; features];
        let found = explainer(&model).unwrap().explain(&row);
        let booster = Booster::from_json(model.to_string().as_bytes()).unwrap();
        let margin = f64::from(booster.margin(&row));
        assert!(
            (found.margin() - margin).abs() < 1e-5,
            "{features} features"
        );
    }
    let error = explainer(&chain(65, 65)).unwrap_err();
    assert!(
        matches!(error, XgboostError::PathFeatures { .. }),
        "{error}"
    );
    assert!(Booster::from_json(chain(65, 65).to_string().as_bytes()).is_ok());
    // Depth alone is not limited and does not overflow the stack.
    let deep = explainer(&chain(30_000, 3)).unwrap();
    assert!(deep.explain(&[0.1, f32::NAN, -0.5]).margin().is_finite());
}

#[test]
fn a_model_without_covers_scores_and_is_not_explained() {
    let model = chain(4, 4);
    let tree = "/learner/gradient_booster/model/trees/0";
    let covers = format!("{tree}/sum_hessian");
    let nodes = model.pointer(&covers).unwrap().as_array().unwrap().len();
    let refused = |change: &dyn Fn(&mut Value), expected: &str| {
        let mut model = model.clone();
        change(&mut model);
        let error = explainer(&model).unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} lacks {expected:?}");
        assert!(Booster::from_json(model.to_string().as_bytes()).is_ok());
    };
    let set = |value: Value| {
        let covers = covers.clone();
        move |model: &mut Value| *model.pointer_mut(&covers).unwrap() = value.clone()
    };
    refused(&set(json!(vec![0; nodes])), "tree 0 has no node covers");
    refused(&set(json!(vec![1; nodes + 1])), "`sum_hessian` has");
    refused(&set(json!("many")), "trees[0].sum_hessian");
    let mut negative = vec![1.0; nodes];
    negative[nodes - 1] = -1.0;
    refused(&set(json!(negative)), "the cover -1");
    let mut empty = vec![1.0; nodes];
    empty[0] = 0.0;
    refused(&set(json!(empty)), "node 0: the cover 0");
    let remove = |model: &mut Value| {
        let tree = model.pointer_mut(tree).unwrap().as_object_mut().unwrap();
        tree.remove("sum_hessian");
    };
    refused(&remove, "tree 0 has no node covers");
}
