//! Goes on from given weights of `text_risk`, an edit at a time: a step on the log loss, of its own
//! length for each bucket (FTRL-Proximal: McMahan et al., "Ad click prediction: a view from the
//! trenches", KDD 2013, algorithm 1 without its L1 part). Little data moves the weights little.

#[cfg(test)]
mod tests;

use super::{TEXT_BUCKETS, TextWeights, text_buckets};
use crate::edit::Edit;

/// Length of the first steps, alpha of the paper.
const RATE: f32 = 0.5;
/// What keeps the first steps from being long, beta of the paper.
const DAMPING: f32 = 1.0;
/// How strongly weights are held to those that learning began from, lambda 2 of the paper.
const PULL: f32 = 1.0;

/// The n-grams of an edit's texts, to be learnt from later: buckets, in order, not the texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NGrams(Box<[u16]>);

impl NGrams {
    /// Those of an edit.
    pub fn of(edit: &Edit<'_>) -> Self {
        let mut buckets = Vec::with_capacity(512);
        text_buckets(edit, |bucket| buckets.push(bucket as u16));
        buckets.sort_unstable();
        Self(buckets.into())
    }

    /// Each bucket once, with how often it occurs.
    fn counted(&self) -> impl Iterator<Item = (usize, f32)> {
        let runs = self.0.chunk_by(|a, b| a == b);
        runs.map(|run| (usize::from(run[0]), run.len() as f32))
    }
}

/// One weight as it is learnt.
#[derive(Debug, Clone, Copy, Default)]
struct Learnt {
    /// Sum of the steps, z of the paper.
    steps: f32,
    /// Sum of the squared gradients, n of the paper.
    squares: f32,
}

impl Learnt {
    /// What is added to the weight that learning began from.
    fn value(self) -> f32 {
        -self.steps / ((DAMPING + libm::sqrtf(self.squares)) / RATE + PULL)
    }

    fn step(&mut self, gradient: f32) {
        let squares = self.squares + gradient * gradient;
        let slower = (libm::sqrtf(squares) - libm::sqrtf(self.squares)) / RATE;
        self.steps += gradient - slower * self.value();
        self.squares = squares;
    }
}

/// One bucket of the weights that are learnt.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// How much an n-gram weighs by being rare.
    rarity: f32,
    /// The weight that learning began from.
    begun_from: f32,
    learnt: Learnt,
}

impl Bucket {
    fn weight(&self) -> f32 {
        self.begun_from + self.learnt.value()
    }
}

/// Weights in the making.
#[derive(Debug, Clone)]
pub struct TextLearner {
    begun_from: TextWeights,
    buckets: Vec<Bucket>,
    /// How common damage is; `text_risk` is without it.
    intercept: Learnt,
}

impl TextLearner {
    /// Nothing learnt yet.
    pub fn new(begin_from: &TextWeights) -> Self {
        let buckets = (0..TEXT_BUCKETS).map(|bucket| Bucket {
            rarity: begin_from.rarity(bucket),
            begun_from: begin_from.weight(bucket),
            learnt: Learnt::default(),
        });
        Self {
            begun_from: begin_from.clone(),
            buckets: buckets.collect(),
            intercept: Learnt::default(),
        }
    }

    /// `text_risk` by what was learnt so far, but for rounding as [`TextWeights::risk`] gives it.
    pub fn risk(&self, texts: &NGrams) -> Option<f32> {
        let (mut evidence, mut rarities) = (0.0, 0.0);
        for (bucket, count) in texts.counted() {
            let bucket = &self.buckets[bucket];
            let scaled = count * bucket.rarity;
            evidence += scaled * bucket.weight();
            rarities += scaled * bucket.rarity;
        }
        (rarities > 0.0).then(|| evidence / libm::sqrtf(rarities))
    }

    /// Learns whether an edit was damage.
    pub fn learn(&mut self, texts: &NGrams, is_damage: bool) {
        let Some(risk) = self.risk(texts) else {
            return;
        };
        let margin = risk + self.intercept.value();
        let error = 1.0 / (1.0 + libm::expf(-margin)) - f32::from(u8::from(is_damage));
        self.intercept.step(error);
        let rarities = texts.counted().map(|(bucket, count)| {
            let rarity = self.buckets[bucket].rarity;
            count * rarity * rarity
        });
        let norm = libm::sqrtf(rarities.sum());
        for (bucket, count) in texts.counted() {
            let bucket = &mut self.buckets[bucket];
            bucket.learnt.step(error * count * bucket.rarity / norm);
        }
    }

    /// What was learnt, as a version keeps it.
    pub fn weights(&self) -> TextWeights {
        self.begun_from.with(|bucket| self.buckets[bucket].weight())
    }
}
