//! Randomly changed models are accepted or refused, and never cause a panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::small;
use crate::model::{Booster, Explainer};

/// A replacement for a value of the model.
fn replacement() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-3_i64..8).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-2_i64..9).prop_map(|n| Value::from(n.to_string())),
        "[0-9eE.,+\\[\\]-]{0,6}".prop_map(Value::from),
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!([1, 2, 3, -1, -1])),
    ]
}

/// JSON pointers to all values of a document.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{n}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields {
                places(item, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// Scores and explains some rows if the model is accepted; only a panic or an endless loop fails.
fn try_out(model: &[u8]) {
    const VALUES: [f32; 6] = [f32::NAN, -1.0, 0.0, 0.5, 3.0, f32::INFINITY];
    if let Ok(booster) = Booster::from_json(model) {
        for value in VALUES {
            booster.margin(&vec![value; booster.num_features()]);
        }
    }
    if let Ok(explainer) = Explainer::from_json(model) {
        for value in VALUES {
            explainer.explain(&vec![value; explainer.num_features()]);
        }
    }
}

proptest! {
    #[test]
    fn changed_values_never_cause_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), replacement()), 1..6)
    ) {
        let mut model = small();
        for (place, value) in changes {
            let mut found = Vec::new();
            places(&model, "", &mut found);
            *model.pointer_mut(&found[place.index(found.len())]).unwrap() = value;
        }
        try_out(model.to_string().as_bytes());
    }

    #[test]
    fn changed_bytes_never_cause_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut model = small().to_string().into_bytes();
        for (place, byte) in changes {
            let place = place.index(model.len());
            model[place] = byte;
        }
        if let Some(cut) = cut {
            model.truncate(cut.index(model.len()));
        }
        try_out(&model);
    }
}
