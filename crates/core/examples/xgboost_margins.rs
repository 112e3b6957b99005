//! Scores rows for `scripts/make_xgboost_vectors.py --check`: `xgboost_margins MODEL.json` reads
//! rows as little-endian 32-bit floats on standard input and writes their margins the same way.

use std::io::{self, Read, Write};

use wikisentry_core::model::Booster;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("usage: xgboost_margins MODEL.json < rows")?;
    let booster = Booster::from_json(&std::fs::read(path)?)?;
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    if bytes.len() % (4 * booster.num_features()) != 0 {
        return Err("the input ends within a row".into());
    }
    let rows: Vec<f32> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect();
    let mut margins = vec![0.0; rows.len() / booster.num_features()];
    booster.margins(&rows, &mut margins);
    let singly = rows
        .chunks_exact(booster.num_features())
        .map(|row| booster.margin(row));
    if !singly
        .zip(&margins)
        .all(|(one, batch)| one.to_bits() == batch.to_bits())
    {
        return Err("rows scored one by one and in a batch differ".into());
    }
    let out: Vec<u8> = margins
        .iter()
        .flat_map(|margin| margin.to_le_bytes())
        .collect();
    io::stdout().lock().write_all(&out)?;
    Ok(())
}
