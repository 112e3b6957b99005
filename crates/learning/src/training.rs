//! From a data set to a candidate: grows the trees, makes margins probabilities, and writes the
//! candidate's card. Judging it is the work of `judging`.

use crate::dataset::{Block, Dataset, Kept, Part, TextOf};
use crate::error::LearningError;
use crate::provenance::of_training;
use serde_json::{Map, Value, json};
use std::ops::ControlFlow;
use wikisentry_core::evaluation::calibrate::{classes, platt};
use wikisentry_core::evaluation::drift::DriftReference;
use wikisentry_core::features::{self, TextWeights};
use wikisentry_core::model::{Booster, Calibration, Card, FeatureList, ModelError};
use wikisentry_core::stability::ScoreReference;
use wikisentry_core::text::grouped;
use wikisentry_lake::clock;
use wikisentry_lake::registry::{DRIFT_REFERENCE, model_sha256};
use wikisentry_trainer::{
    BinEdges, BinnedSet, EarlyStopping, EdgeSampler, Params, Sampling, TrainingProgress,
};

/// Shares of the edits in each class, riskiest first; the rest is `low`.
const CLASSES: [(&str, f64); 2] = [("high", 0.02), ("medium", 0.1)];
/// Damage without which a part says nothing.
const MIN_DAMAGE: u64 = 50;
/// Rows that the reference of the features' distribution is made of: more say no more.
const REFERENCE_ROWS: usize = 20_000;

/// A model that has not proved anything yet.
pub(crate) struct Candidate {
    pub(crate) model: Vec<u8>,
    /// Its weights of `text_risk`.
    pub(crate) text: TextWeights,
    pub(crate) card: Card,
}

/// The rows to train on, and which `text_risk` they have.
pub(crate) struct Selection<'a> {
    pub(crate) parts: &'a [(Part, Kept)],
    pub(crate) text: TextOf,
    /// Of what is left out at random.
    pub(crate) seed: u64,
}

impl Selection<'_> {
    /// Calls `take` with the rows, some thousand at a time.
    fn each(
        &self,
        dataset: &Dataset,
        mut take: impl FnMut(Block) -> Result<(), LearningError>,
    ) -> Result<(), LearningError> {
        for (part, kept) in self.parts {
            for block in dataset.blocks(*part)? {
                take(block?.with_text(self.text).thinned(*kept, self.seed))?;
            }
        }
        Ok(())
    }
}

/// The parameters of a run, but for what the data decides.
pub(crate) fn parameters(seed: u64, threads: usize) -> Params {
    Params {
        trees: 600,
        learning_rate: 0.05,
        max_depth: 6,
        subsample: 0.9,
        colsample: 0.4,
        early_stopping: Some(EarlyStopping { rounds: 50 }),
        seed,
        threads,
        ..Params::default()
    }
}

/// Trains on the first part and calibrates on the second. `progress` hears of each tree.
pub(crate) fn train(
    dataset: &Dataset,
    name: &str,
    params: &Params,
    progress: &mut dyn FnMut(&TrainingProgress) -> ControlFlow<()>,
) -> Result<Candidate, LearningError> {
    enough(dataset)?;
    let selection = |parts| Selection {
        parts,
        text: TextOf::Trial,
        seed: params.seed,
    };
    let of_training = selection(&[(Part::Train, Kept::ALL)]);
    let edges = edges(dataset, &of_training)?;
    let (training, _) = binned(dataset, &of_training, &edges)?;
    let (validation, _) = binned(dataset, &selection(&[(Part::Calibrate, Kept::ALL)]), &edges)?;
    let trained = wikisentry_trainer::train(&training, Some(&validation), params, progress)?;
    drop((training, validation));
    let model = trained.to_json();
    let card = card(dataset, name, &model, trained.trees().len(), params)?;
    let text = dataset.text_of_trial.clone();
    Ok(Candidate { model, text, card })
}

/// Where the values of the features are cut, by the rows that are selected.
pub(crate) fn edges(
    dataset: &Dataset,
    selection: &Selection<'_>,
) -> Result<BinEdges, LearningError> {
    let names = features::NAMES.map(str::to_owned).to_vec();
    let sampling = Sampling {
        seed: selection.seed,
        ..Sampling::default()
    };
    let mut sampler = EdgeSampler::new(names, sampling)?;
    selection.each(dataset, |block| Ok(sampler.push(&block.rows)?))?;
    Ok(sampler.finish()?)
}

/// The rows that are selected, as the trainer takes them, and how many are damage.
pub(crate) fn binned(
    dataset: &Dataset,
    selection: &Selection<'_>,
    edges: &BinEdges,
) -> Result<(BinnedSet, usize), LearningError> {
    let parts = selection.parts.iter();
    let rows: u64 = parts.map(|(part, _)| dataset.part(*part).rows).sum();
    let rows = usize::try_from(rows).unwrap_or(0);
    let mut set = BinnedSet::with_capacity(edges.clone(), rows);
    let mut damage = 0;
    selection.each(dataset, |block| {
        damage += block.labels.iter().filter(|label| **label).count();
        let labels: Vec<f32> = block.labels.iter().map(|label| f32::from(*label)).collect();
        Ok(set.push(&block.rows, &labels)?)
    })?;
    Ok((set, damage))
}

fn enough(dataset: &Dataset) -> Result<(), LearningError> {
    for part in [Part::Train, Part::Calibrate] {
        let summary = dataset.part(part);
        if summary.damage < MIN_DAMAGE || summary.rows - summary.damage < MIN_DAMAGE {
            return Err(LearningError::TooLittle {
                reason: format!(
                    "the part \"{}\" has {} edits, of which {} were reverted as damage; at least \
                     {MIN_DAMAGE} of both kinds are needed",
                    part.name(),
                    grouped(summary.rows),
                    grouped(summary.damage)
                ),
            });
        }
    }
    Ok(())
}

/// What the card of a candidate says before it is judged.
fn card(
    dataset: &Dataset,
    name: &str,
    model: &[u8],
    trees: usize,
    params: &Params,
) -> Result<Card, LearningError> {
    let booster = Booster::from_json(model).map_err(ModelError::from)?;
    let (mut margins, mut labels, mut sample) = (Vec::new(), Vec::new(), Vec::new());
    for block in dataset.blocks(Part::Calibrate)? {
        let block = block?;
        let mut of_block = vec![0.0; block.labels.len()];
        booster.margins(&block.rows, &mut of_block);
        margins.extend(of_block.into_iter().map(f64::from));
        labels.extend(block.labels);
        if sample.len() < REFERENCE_ROWS * features::COUNT {
            sample.extend(block.rows);
        }
    }
    // The part is as the edits come in the feed: nothing was left out of it at random.
    let calibration = platt(&margins, &labels, 1.0)?;
    let Calibration::Platt { slope, intercept } = calibration;
    let probability = |margin: &f64| 1.0 / (1.0 + (-(slope * margin + intercept)).exp());
    let scores: Vec<f64> = margins.iter().map(probability).collect();
    let rows = sample.len() / features::COUNT;
    let drift = DriftReference::from_rows(&sample, &scores[..rows])?;
    let (train, calibrate) = (dataset.part(Part::Train), dataset.part(Part::Calibrate));
    let mut other = Map::new();
    other.insert(DRIFT_REFERENCE.to_owned(), to_value(&drift));
    Ok(Card {
        name: name.to_owned(),
        version: 1,
        created: clock::now().timestamp(),
        features: FeatureList {
            version: features::VERSION,
            names: features::NAMES.map(str::to_owned).to_vec(),
        },
        model_sha256: model_sha256(model),
        text_risk_sha256: None,
        calibration,
        classes: classes(&scores, &CLASSES, "low")?,
        score_reference: ScoreReference::from_scores(&scores),
        data: json!({
            "range": {"from": train.from, "to": calibrate.to},
            "rows": train.rows + calibrate.rows,
            "damage": train.damage + calibrate.damage,
            "dataset": dataset.manifest.id,
            "parts": dataset.manifest.parts,
            "left_out": dataset.manifest.left_out,
            "negatives_kept": dataset.manifest.negatives_kept,
            "damage_by_source": dataset.manifest.damage_by_source,
            "maturity": dataset.manifest.maturity,
        }),
        provenance: Some(of_training(dataset, &[Part::Train])?),
        metrics: Value::Null,
        parameters: json!({
            "objective": "binary:logistic", "trees": trees, "trees_at_most": params.trees,
            "learning_rate": params.learning_rate, "max_depth": params.max_depth,
            "min_child_weight": params.min_child_weight, "lambda": params.lambda,
            "gamma": params.gamma, "subsample": params.subsample, "colsample": params.colsample,
            "early_stopping_rounds": params.early_stopping.map(|stopping| stopping.rounds),
            "trainer": concat!("wikisentry-trainer ", env!("CARGO_PKG_VERSION")),
        }),
        seed: params.seed,
        origin: Some("retrained".to_owned()),
        decision: Value::Null,
        other,
    })
}

/// A record as it goes on a card.
pub(crate) fn to_value(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).expect("what is put on a card has text keys, so it is always JSON")
}
