//! The model that is used: as many trees as the trial found best, grown on the whole window. What was
//! judged is the trial; without the newest days it would be old before it is used. Calibration and
//! classes stay those of the trial, fitted on edits that its trees had not seen.

use crate::dataset::{Dataset, Kept, Part, TextOf};
use crate::error::LearningError;
use crate::provenance::of_training;
use crate::training::{Candidate, Selection, binned, edges};
use serde_json::json;
use std::ops::ControlFlow;
use wikisentry_lake::registry::model_sha256;
use wikisentry_trainer::{Params, TrainingProgress};

/// Grows the trees of a trial again, on at most `max_rows` rows of all parts, without looking at how
/// good they are. The card says both.
pub(crate) fn refit(
    dataset: &Dataset,
    trial: &Candidate,
    params: &Params,
    max_rows: u64,
    progress: &mut dyn FnMut(&TrainingProgress) -> ControlFlow<()>,
) -> Result<Candidate, LearningError> {
    let trees = trial.card.parameters["trees"].as_u64();
    let params = Params {
        trees: trees
            .and_then(|trees| trees.try_into().ok())
            .unwrap_or(params.trees),
        early_stopping: None,
        ..params.clone()
    };
    let all = Selection {
        parts: &parts(dataset, max_rows),
        text: TextOf::Refit,
        seed: params.seed,
    };
    let edges = edges(dataset, &all)?;
    let (set, damage) = binned(dataset, &all, &edges)?;
    let trained = wikisentry_trainer::train(&set, None, &params, progress)?;
    let model = trained.to_json();

    let mut card = trial.card.clone();
    let checksum = model_sha256(&model);
    let judged = std::mem::replace(&mut card.model_sha256, checksum);
    let newest = Part::ALL.map(|part| dataset.part(part).to);
    let data = &mut card.data;
    data["trial"] = json!({
        "model_sha256": judged,
        "range": data["range"],
        "rows": data["rows"],
        "damage": data["damage"],
    });
    data["range"]["to"] = json!(newest.into_iter().max().flatten());
    data["rows"] = set.len().into();
    data["damage"] = damage.into();
    card.provenance = Some(of_training(dataset, &Part::ALL)?);
    let text = dataset.text_of_refit.clone();
    Ok(Candidate { model, text, card })
}

/// What is kept of each part, so that good edits and damage are in the proportion of the trial's
/// training, which the calibration is for.
fn parts(dataset: &Dataset, max_rows: u64) -> [(Part, Kept); 3] {
    let manifest = &dataset.manifest;
    let later = Kept {
        good: manifest.negatives_kept,
        damage: manifest.damage_kept,
    };
    let as_trained = [
        (Part::Train, Kept::ALL),
        (Part::Calibrate, later),
        (Part::Test, later),
    ];
    let expected = |(part, kept): (Part, Kept)| {
        let of = dataset.part(part);
        kept.damage * of.damage as f64 + kept.good * (of.rows - of.damage) as f64
    };
    let rows: f64 = as_trained.map(expected).iter().sum();
    let all = Kept::alike(rows.ceil() as u64, max_rows);
    as_trained.map(|(part, kept)| {
        let kept = Kept {
            good: kept.good * all.good,
            damage: kept.damage * all.damage,
        };
        (part, kept)
    })
}
