//! The documented list of features, and the test vectors that other languages must meet.
//! `UPDATE_CONTRACTS=1 cargo test -p wikisentry-core contracts` updates both after a change.

use super::*;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The file as it is checked in; with `UPDATE_CONTRACTS` it is replaced by `fresh` first.
fn checked_in(path: &str, fresh: &str) -> String {
    let path = root().join(path);
    if std::env::var_os("UPDATE_CONTRACTS").is_some() {
        std::fs::write(&path, fresh).unwrap();
    }
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_documented_list_is_the_one_in_the_code() {
    let mut page = format!(
        "# Features\n\n\
         What the models see of an edit: {COUNT} numbers, version {VERSION}. Made from \
         `crates/core/src/features/columns.rs`; a test keeps this page equal to it, and\n\
         `UPDATE_CONTRACTS=1 cargo test -p wikisentry-core contracts` updates it.\n\n\
         Each is computed from the edit alone when it is made. What is unknown or does not apply is \
         missing (NaN); each split of a model has learnt which way missing values go. Units: *flag* 1 or 0; *count*; *characters* (Unicode scalar values); *share* \
         0 to 1; *log2* sign(x) · log2(1 + |x|); *log-odds* natural logarithm; *code* as described.\n\n\
         | # | name | group | unit | meaning |\n| --: | --- | --- | --- | --- |\n"
    );
    for (at, feature) in FEATURES.iter().enumerate() {
        let Feature {
            name,
            group,
            description,
            unit,
        } = feature;
        writeln!(
            page,
            "| {at} | `{name}` | {group} | {unit} | {description} |"
        )
        .unwrap();
    }
    assert_eq!(checked_in("docs/FEATURES.md", &page), page);
}

#[test]
fn recorded_events_give_the_features_of_the_vectors() {
    const PATH: &str = "testdata/vectors/features.json";
    let text = std::fs::read_to_string(root().join(PATH)).unwrap();
    let mut vectors: Value = serde_json::from_str(&text).unwrap();
    vectors["version"] = json!(VERSION);
    vectors["names"] = json!(NAMES.as_slice());
    let cases = vectors["cases"].as_array_mut().unwrap();
    assert!(cases.len() >= 10);
    for case in cases {
        let row = row_of(&case["event"].to_string());
        case["row"] = row.iter().map(shortest).collect();
    }
    let mut fresh = serde_json::to_string_pretty(&vectors).unwrap();
    fresh.push('\n');
    let known = checked_in(PATH, &fresh);
    let known: Value = serde_json::from_str(&known).unwrap();
    for (known, fresh) in cases_of(&known).zip(cases_of(&vectors)) {
        for (at, name) in NAMES.iter().enumerate() {
            let bits = |case: &Value| {
                case["row"][at]
                    .as_f64()
                    .map(|value| (value as f32).to_bits())
            };
            assert_eq!(bits(known), bits(fresh), "{name} of {}", fresh["name"]);
        }
    }
    assert_eq!(known["names"], vectors["names"]);
    assert_eq!(known["version"], vectors["version"]);
}

fn cases_of(vectors: &Value) -> impl Iterator<Item = &Value> {
    vectors["cases"].as_array().unwrap().iter()
}

/// The shortest decimal that reads back as the same f32; null if missing.
fn shortest(value: &f32) -> Value {
    match value.is_nan() {
        true => Value::Null,
        false => json!(value.to_string().parse::<f64>().unwrap()),
    }
}
