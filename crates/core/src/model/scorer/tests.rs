//! The scores and classes of a model with its card, and the pairs that are refused.

use serde_json::{Value, json};

use super::*;

const NAMES: [&str; 2] = ["a", "b"];
const SPEC: FeatureSpec<'static> = FeatureSpec {
    version: 3,
    names: &NAMES,
};

/// One split: a below 0 gives the margin -2, otherwise 2.
fn model() -> Value {
    json!({
        "version": [3, 2, 0],
        "learner": {
            "feature_names": NAMES,
            "learner_model_param": { "base_score": "5E-1", "num_class": "0", "num_feature": "2" },
            "objective": { "name": "binary:logistic" },
            "gradient_booster": { "name": "gbtree", "model": {
                "gbtree_model_param": { "num_trees": "1" },
                "tree_info": [0],
                "trees": [{
                    "id": 0, "left_children": [1, -1, -1], "right_children": [2, -1, -1],
                    "split_indices": [0, 0, 0], "split_conditions": [0, -2, 2],
                    "default_left": [1, 0, 0], "split_type": [0, 0, 0],
                    "tree_param": {
                        "num_deleted": "0", "num_nodes": "3", "size_leaf_vector": "1"
                    }
                }]
            }}
        }
    })
}

fn card() -> Value {
    json!({
        "name": "edit-risk", "version": 7, "created": "2026-01-02T03:04:05Z",
        "features": { "version": 3, "names": NAMES },
        "model_sha256": "00",
        "calibration": { "method": "platt", "slope": 1.0, "intercept": 0.0 },
        "classes": [
            { "name": "high", "min_score": 0.9 },
            { "name": "medium", "min_score": 0.5 },
            { "name": "low", "min_score": 0.0 }
        ],
        "data": { "rows": 10 }, "metrics": { "roc_auc": 0.5 }, "parameters": { "eta": 0.1 },
        "seed": 42
    })
}

fn load(model: &Value, card: &Value) -> Result<Scorer, ModelError> {
    let (model, card) = (model.to_string(), card.to_string());
    Scorer::load(model.as_bytes(), card.as_bytes(), SPEC)
}

#[test]
fn a_score_is_the_calibrated_probability_and_its_class() {
    for (slope, intercept, x, expected, class) in [
        (1.0, 0.0, 1.0, 0.8807970779778823, "medium"),
        (1.0, 0.0, -1.0, 0.11920292202211755, "low"),
        (2.0, 0.0, 1.0, 0.9820137900379085, "high"),
        (0.5, -1.0, 1.0, 0.5, "medium"),
        (1e300, 0.0, 1.0, 1.0, "high"),
        (1e300, 0.0, -1.0, 0.0, "low"),
    ] {
        let mut card = card();
        card["calibration"]["slope"] = json!(slope);
        card["calibration"]["intercept"] = json!(intercept);
        let scorer = load(&model(), &card).unwrap();
        let score = scorer.score(&[x, f32::NAN]);
        assert_eq!(score.score.to_bits(), f64::to_bits(expected), "{score:?}");
        assert_eq!(score.class, class, "{score:?}");
    }
}

#[test]
fn a_batch_gives_the_scores_of_single_rows() {
    let scorer = load(&model(), &card()).unwrap();
    let rows: Vec<f32> = (0..200)
        .map(|n| if n % 3 == 0 { -1.0 } else { 1.0 })
        .collect();
    let mut batch = vec![scorer.score(&[0.0, 0.0])];
    scorer.score_batch(&rows, &mut batch);
    let single: Vec<_> = rows.chunks_exact(2).map(|row| scorer.score(row)).collect();
    assert_eq!(batch, single);
}

#[test]
fn the_version_has_name_and_number_and_the_card_is_kept() {
    let scorer = load(&model(), &card()).unwrap();
    assert_eq!(scorer.version(), "edit-risk/7");
    assert_eq!(serde_json::to_value(scorer.card()).unwrap(), card());
}

#[test]
fn models_and_cards_of_other_features_are_refused() {
    for (pointer, value, expected) in [
        (
            "/features/version",
            json!(2),
            "features of version 2, this build computes 3",
        ),
        ("/features/names", json!(["a"]), "card.json has 1 features"),
        (
            "/features/names",
            json!(["b", "a"]),
            "feature 0 of card.json is `b`",
        ),
    ] {
        let mut card = card();
        *card.pointer_mut(pointer).unwrap() = value;
        let error = load(&model(), &card).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let mut other = model();
    other["learner"]["feature_names"] = json!(["a", "c"]);
    let error = load(&other, &card()).unwrap_err().to_string();
    assert!(error.contains("feature 1 of model.json is `c`"), "{error}");
    other["learner"]["feature_names"] = json!([]);
    assert!(
        load(&other, &card()).is_ok(),
        "of a model without names only the width is checked"
    );
    other["learner"]["learner_model_param"]["num_feature"] = json!("3");
    let error = load(&other, &card()).unwrap_err().to_string();
    assert!(error.contains("model.json has 3 features"), "{error}");
}

#[test]
fn unusable_cards_are_refused_with_the_field() {
    for (pointer, value, expected) in [
        ("/calibration/method", json!("isotonic"), "isotonic"),
        ("/calibration/slope", json!(0.0), "calibration slope 0"),
        ("/calibration/slope", json!(-1.0), "calibration slope -1"),
        ("/calibration/intercept", json!("0"), "calibration"),
        ("/classes", json!([]), "at least one class"),
        ("/classes/2/min_score", json!(0.1), "class 2"),
        ("/classes/1/min_score", json!(0.9), "class 1"),
        ("/classes/1/min_score", json!(0.0), "class 1"),
        ("/classes/0/min_score", json!(1.1), "class 0"),
        ("/classes/1/name", json!("high"), "class 1"),
        ("/classes/1/name", json!(""), "class 1"),
        ("/classes/1/name", json!(5), "`classes[1].name`"),
        ("/created", json!("yesterday"), "`created`"),
        ("/name", json!(""), "a name and a version"),
        ("/version", json!(0), "a name and a version"),
        ("/version", json!(-1), "`version`"),
    ] {
        let mut card = card();
        *card.pointer_mut(pointer).unwrap() = value;
        let error = load(&model(), &card).unwrap_err().to_string();
        assert!(
            error.contains(expected),
            "{pointer}: expected {expected:?}, got {error:?}"
        );
    }
}
