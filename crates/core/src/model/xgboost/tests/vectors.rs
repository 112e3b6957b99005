//! The evaluation against Python's margins in testdata/vectors/xgboost, which
//! scripts/make_xgboost_vectors.py writes.

use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use crate::model::Booster;

#[derive(Deserialize)]
struct Vector {
    xgboost: String,
    features: usize,
    trees: usize,
    model: String,
    rows: Vec<u32>,
    margins: Vec<u32>,
}

fn floats(bits: &[u32]) -> Vec<f32> {
    bits.iter().copied().map(f32::from_bits).collect()
}

fn vectors() -> Vec<(String, Vector)> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/vectors/xgboost"
    );
    let read = |path: &Path| {
        let mut json = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())
            .read_to_string(&mut json)
            .unwrap();
        serde_json::from_str(&json).unwrap()
    };
    let mut vectors: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), read(&path)))
        .collect();
    vectors.sort_by(|a, b| a.0.cmp(&b.0));
    vectors
}

#[test]
fn margins_equal_those_of_python_bit_for_bit() {
    let vectors = vectors();
    for (name, vector) in &vectors {
        let booster = Booster::from_json(vector.model.as_bytes()).unwrap();
        assert_eq!(booster.num_features(), vector.features, "{name}");
        assert_eq!(booster.num_trees(), vector.trees, "{name}");
        let rows = floats(&vector.rows);
        let mut batch = vec![0.0; vector.margins.len()];
        booster.margins(&rows, &mut batch);
        let rows = rows.chunks_exact(vector.features);
        for (n, (row, &expected)) in rows.zip(&vector.margins).enumerate() {
            let single = booster.margin(row);
            assert_eq!(single.to_bits(), expected, "{name}, row {n}: {row:?}");
            assert_eq!(batch[n].to_bits(), expected, "{name}, row {n} in the batch");
        }
    }
    for release in ["1.7.6", "2.1.4", "3.2.0"] {
        assert!(
            vectors.iter().any(|(_, vector)| vector.xgboost == release),
            "a vector of {release}"
        );
    }
}

#[test]
fn batches_of_any_size_give_the_margins_of_single_rows() {
    let vectors = vectors();
    let (_, vector) = vectors.iter().max_by_key(|(_, v)| v.trees).unwrap();
    let booster = Booster::from_json(vector.model.as_bytes()).unwrap();
    let rows = floats(&vector.rows);
    for size in (0..=20).chain([23, 24, 25, 59, 60, 61, 71, 72, 73, 119, 120, 121]) {
        let mut out = vec![0.0; size];
        booster.margins(&rows[..size * vector.features], &mut out);
        for (n, margin) in out.iter().enumerate() {
            assert_eq!(margin.to_bits(), vector.margins[n], "row {n} of {size}");
        }
    }
}
