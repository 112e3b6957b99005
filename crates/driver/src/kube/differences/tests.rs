//! Which words come of which difference, and what is none.

use super::{KEPT_BY_API, KEPT_BY_CONTROLLERS, differences, without_noise};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn words(before: Value, after: Value) -> Vec<String> {
    differences(&before, &after, false)
}

#[test]
fn differences_are_told_by_path_with_both_values() {
    let deployment = |replicas: u64, image: &str, env: Value| {
        json!({"spec": {"replicas": replicas, "template": {"spec": {"containers": [
            {"name": "main", "image": image, "env": env},
            {"name": "side", "image": "s:1"},
        ]}}}})
    };
    let before = deployment(
        1,
        "a:1",
        json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]),
    );
    let after = deployment(
        2,
        "a:2",
        json!([{"name": "A", "value": "3"}, {"name": "C", "value": "2"}]),
    );
    assert_eq!(
        words(before, after),
        [
            "spec.replicas: 1 → 2",
            "spec.template…containers[main].env[A].value: 1 → 3",
            "spec.template…containers[main].env[B] removed",
            "spec.template…containers[main].env[C] added",
            "spec.template…containers[main].image: a:1 → a:2",
        ]
    );
}

#[test]
fn each_form_of_difference_has_its_words() {
    let long = "x".repeat(100);
    for (before, after, expected) in [
        (json!({"a": "x"}), json!({}), "a removed"),
        (json!({}), json!({"a": 5}), "a: 5 added"),
        (json!({"a": false}), json!({"a": true}), "a: false → true"),
        (json!({"a": long}), json!({"a": "y"}), "a changed"),
        (json!({}), json!({"a": {"b": {"c": 1}}}), "a added"),
        (
            json!({"a": ["x", "y"]}),
            json!({"a": ["y"]}),
            "a: [\"x\",\"y\"] → [\"y\"]",
        ),
        (
            json!({"a": [{"p": 1}, {"p": 2}]}),
            json!({"a": [{"p": 1}, {"p": 3}]}),
            "a[1].p: 2 → 3",
        ),
        (
            json!({"a": [{"name": "x"}, {"name": "y"}]}),
            json!({"a": [{"name": "y"}, {"name": "x"}]}),
            "a: another order",
        ),
        (
            json!({"data": {"x.conf": "1\n2\n"}}),
            json!({"data": {"x.conf": "1\n3\n4\n"}}),
            "data[x.conf] changed in 3 lines",
        ),
        (
            json!({"metadata": {"labels": {"app.kubernetes.io/name": "a"}}}),
            json!({"metadata": {"labels": {"app.kubernetes.io/name": "b"}}}),
            "metadata.labels[app.kubernetes.io/name]: a → b",
        ),
    ] {
        assert_eq!(
            words(before.clone(), after.clone()),
            [expected],
            "{before} {after}"
        );
    }
}

#[test]
fn an_empty_map_is_another_than_a_missing_one() {
    // A selector that is there and empty selects everything.
    let before = json!({"from": [{"podSelector": {}}]});
    assert_eq!(
        words(before, json!({"from": [{}]})),
        ["from[0].podSelector removed"]
    );
    assert_eq!(words(json!({}), json!({"a": null})), [""; 0]);
}

#[test]
fn more_differences_than_one_reads_are_counted() {
    let object = |value: u64| {
        let fields = (0..20).map(|i| (format!("f{i:02}"), Value::from(value + i)));
        Value::from(fields.collect::<Map<_, _>>())
    };
    let told = words(object(1), object(2));
    assert_eq!(told.len(), 8);
    assert_eq!(
        (told[0].as_str(), told[7].as_str()),
        ("f00: 1 → 2", "and 13 more")
    );
}

#[test]
fn values_of_a_secret_are_never_told() {
    let secret = |value: &str| json!({"metadata": {"labels": {"a": value}}, "data": {"k": value}, "type": value});
    let told = differences(&secret("before"), &secret("after"), true);
    assert_eq!(
        told,
        [
            "data.k changed",
            "metadata.labels.a: before → after",
            "type changed"
        ]
    );
    assert_eq!(
        differences(&json!({}), &json!({"data": {"k": "v"}}), true),
        ["data added"]
    );
    assert_eq!(
        differences(&json!({"data": {"k": "v"}}), &json!({"data": {}}), true),
        ["data.k removed"]
    );
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(
                prop_oneof![Just("name".to_owned()), "[a-z.]{1,4}"],
                inner,
                0..4
            )
            .prop_map(|map| map.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    let map = || prop::collection::btree_map("[a-z]{1,5}", "[a-z]{0,5}", 0..4);
    (any_value(), map(), map()).prop_map(|(spec, labels, annotations)| {
        json!({"kind": "X", "metadata": {"name": "x", "labels": labels, "annotations": annotations}, "spec": spec})
    })
}

/// What the API and its controllers may write at any time.
fn noise() -> impl Strategy<Value = (Map<String, Value>, Map<String, Value>, Value)> {
    let some_of = |names: &'static [&'static str]| {
        prop::collection::btree_map(prop::sample::select(names), any_value(), 0..6).prop_map(
            |map| {
                map.into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            },
        )
    };
    (
        some_of(KEPT_BY_API),
        some_of(KEPT_BY_CONTROLLERS),
        any_value(),
    )
}

proptest! {
    #[test]
    fn noise_is_no_difference(object in object(), (metadata, annotations, status) in noise()) {
        let mut noisy = object.clone();
        noisy["status"] = status;
        noisy["metadata"]["annotations"].as_object_mut().unwrap().extend(annotations);
        noisy["metadata"].as_object_mut().unwrap().extend(metadata);
        prop_assert_eq!(differences(&object, &noisy, false), Vec::<String>::new());
        prop_assert_eq!(differences(&noisy, &object, true), Vec::<String>::new());
        prop_assert_eq!(without_noise(noisy.clone()), without_noise(without_noise(noisy)));
    }

    #[test]
    fn two_objects_differ_in_words_exactly_if_they_differ(before in object(), after in object()) {
        let told = differences(&before, &after, false);
        let is_same = without_noise(before.clone()) == without_noise(after.clone());
        prop_assert_eq!(told.is_empty(), is_same, "{:?}", told);
        prop_assert!(told.len() <= 8);
    }

    #[test]
    fn no_value_of_a_secret_is_in_the_words(before in "[A-Z]{6,12}", after in "[A-Z]{6,12}") {
        let secret = |value: &str| json!({"data": {"k": value, "l": [{"name": "x", "v": value}]}});
        let told = differences(&secret(&before), &secret(&after), true).concat();
        prop_assert!(!told.contains(&before) && !told.contains(&after), "{}", told);
    }
}
