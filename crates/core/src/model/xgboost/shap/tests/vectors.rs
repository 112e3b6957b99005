//! Contributions against those of Python XGBoost in testdata/vectors/explanation, which
//! scripts/make_explanation_vectors.py writes.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::Explainer;
use crate::model::Booster;

/// The largest difference allowed, in log-odds: Python sums in 32 bits.
const TOLERANCE: f64 = 1e-4;

#[derive(Deserialize)]
struct Vector {
    /// Path from the root of the repository to a model, or to a margin vector that contains one.
    model: String,
    features: usize,
    rows: Vec<u32>,
    /// For each row one value per feature, and the bias.
    contributions: Vec<f64>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn unpacked(path: &Path) -> serde_json::Value {
    let file = std::fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut json = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut json)
        .unwrap();
    serde_json::from_str(&json).unwrap()
}

fn model(path: &str) -> Vec<u8> {
    if path.ends_with(".gz") {
        let vector = unpacked(&root().join(path));
        vector["model"].as_str().unwrap().as_bytes().to_vec()
    } else {
        std::fs::read(root().join(path)).unwrap()
    }
}

#[test]
fn contributions_are_those_of_python() {
    let folder = root().join("testdata/vectors/explanation");
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let vector: Vector = serde_json::from_value(unpacked(&path)).unwrap();
        let model = model(&vector.model);
        let explainer = Explainer::from_json(&model).unwrap();
        let booster = Booster::from_json(&model).unwrap();
        assert_eq!(explainer.num_features(), vector.features);
        let rows: Vec<f32> = vector.rows.iter().copied().map(f32::from_bits).collect();
        let expected = vector.contributions.chunks_exact(vector.features + 1);
        assert_eq!(expected.len(), rows.len() / vector.features);
        for (n, (row, expected)) in rows.chunks_exact(vector.features).zip(expected).enumerate() {
            let found = explainer.explain(row);
            let all = found.values.iter().chain([&found.bias]);
            for (column, (found, expected)) in all.zip(expected).enumerate() {
                assert!(
                    (found - expected).abs() < TOLERANCE,
                    "{}, row {n}, column {column}: {found}, not {expected}",
                    path.display()
                );
            }
            let margin = f64::from(booster.margin(row));
            assert!((found.margin() - margin).abs() < TOLERANCE, "row {n}");
        }
        seen.push(vector.model);
    }
    assert!(seen.len() >= 6, "{seen:?}");
    assert!(seen.contains(&"models/edit-risk/versions/1/model.json".to_owned()));
}
