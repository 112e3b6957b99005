//! Seeded training sets, and what the tests measure of a model.

use std::ops::ControlFlow;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use wikisentry_core::model::Booster;
use wikisentry_trainer::{BinEdges, BinnedSet, EdgeSampler, Params, Sampling, TrainedModel};

/// Rows with labels, as floats.
#[derive(Debug)]
pub struct Rows {
    pub width: usize,
    pub values: Vec<f32>,
    pub labels: Vec<f32>,
}

impl Rows {
    /// `count` rows of `width` uniform values from -1 to 1, changed and labelled by `label`.
    pub fn uniform(
        seed: u64,
        count: usize,
        width: usize,
        mut label: impl FnMut(&mut [f32], &mut ChaCha8Rng) -> bool,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut rows = Self {
            width,
            values: Vec::new(),
            labels: Vec::new(),
        };
        for _ in 0..count {
            let mut row: Vec<f32> = (0..width).map(|_| rng.random_range(-1.0..1.0)).collect();
            let positive = label(&mut row, &mut rng);
            rows.values.extend(row);
            rows.labels.push(f32::from(u8::from(positive)));
        }
        rows
    }

    pub fn edges(&self, sampling: Sampling) -> BinEdges {
        let names = (0..self.width).map(|n| format!("feature_{n}")).collect();
        let mut sampler = EdgeSampler::new(names, sampling).expect("sound names");
        sampler.push(&self.values).expect("whole rows");
        sampler.finish().expect("there are rows")
    }

    pub fn binned(&self, edges: &BinEdges) -> BinnedSet {
        let mut set = BinnedSet::new(edges.clone());
        set.push(&self.values, &self.labels).expect("sound rows");
        set
    }

    pub fn set(&self) -> BinnedSet {
        self.binned(&self.edges(Sampling::default()))
    }
}

pub fn train(set: &BinnedSet, params: &Params) -> TrainedModel {
    wikisentry_trainer::train(set, None, params, &mut |_| ControlFlow::Continue(()))
        .expect("a sound set and sound parameters")
}

/// Margins of raw rows, from the model's JSON.
pub fn evaluate(model: &TrainedModel, rows: &Rows) -> Vec<f32> {
    let booster = Booster::from_json(&model.to_json()).expect("a sound model");
    assert_eq!(booster.feature_names(), model.feature_names());
    assert_eq!(booster.num_trees(), model.trees().len());
    let mut margins = vec![0.0; rows.labels.len()];
    booster.margins(&rows.values, &mut margins);
    margins
}

/// The chance that a positive row has the higher margin than a negative one; ties count half.
pub fn roc_auc(margins: &[f32], labels: &[f32]) -> f64 {
    let of = |class: f32| {
        let pairs = margins.iter().zip(labels);
        let own = pairs.filter(move |pair| *pair.1 == class);
        own.map(|pair| *pair.0).collect::<Vec<f32>>()
    };
    let (positive, mut negative) = (of(1.0), of(0.0));
    negative.sort_unstable_by(f32::total_cmp);
    let beaten: usize = positive
        .iter()
        .map(|p| negative.partition_point(|n| n < p) + negative.partition_point(|n| n <= p))
        .sum();
    beaten as f64 / 2.0 / (positive.len() * negative.len()) as f64
}
