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

/// The n-grams of an edit's texts, where several weights are asked, or later ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NGrams(Vec<u16>);

impl NGrams {
    /// The n-grams of summary, title and user name.
    pub fn of(edit: &Edit<'_>) -> Self {
        let mut texts = Self::default();
        texts.become_those_of(edit);
        texts
    }

    /// The same in place, so that an edit costs no memory of its own.
    pub fn become_those_of(&mut self, edit: &Edit<'_>) {
        self.0.clear();
        text_buckets(edit, |bucket| self.0.push(bucket as u16));
    }

    pub(super) fn buckets(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|bucket| usize::from(*bucket))
    }
}

/// One bucket of the weights that are learnt, or the intercept.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    /// How much an n-gram weighs by being rare.
    rarity: f32,
    /// What learning began from.
    begun_from: f32,
    /// What it is now.
    now: f32,
    /// Sum of the steps, z of the paper.
    steps: f32,
    /// Root of the sum of the squared gradients, the root of n of the paper.
    root: f32,
}

impl Weight {
    fn step(&mut self, gradient: f32) {
        // Rounded alike on all platforms, as the standard for numbers asks of roots.
        let root = (self.root * self.root + gradient * gradient).sqrt();
        let slower = (root - self.root) / RATE;
        self.steps += gradient - slower * (self.now - self.begun_from);
        self.root = root;
        self.now = self.begun_from - self.steps / ((DAMPING + root) / RATE + PULL);
    }
}

/// What one n-gram adds to the sums of an edit. By itself, so that all of them stay near the processor.
#[derive(Debug, Clone, Copy)]
struct Share {
    evidence: f32,
    squared_rarity: f32,
}

impl Share {
    fn of(weight: &Weight) -> Self {
        Self {
            evidence: weight.rarity * weight.now,
            squared_rarity: weight.rarity * weight.rarity,
        }
    }
}

/// Weights of `text_risk` that still learn.
#[derive(Debug, Clone)]
pub struct TextLearner {
    begun_from: TextWeights,
    buckets: Vec<Weight>,
    /// Of each bucket, as it is now.
    shares: Vec<Share>,
    /// How common damage is; `text_risk` is without it.
    intercept: Weight,
}

impl TextLearner {
    /// Begins with these weights, before the first edit is learnt from.
    pub fn new(begin_from: &TextWeights) -> Self {
        let buckets = (0..TEXT_BUCKETS).map(|bucket| Weight {
            rarity: begin_from.rarity(bucket),
            begun_from: begin_from.weight(bucket),
            now: begin_from.weight(bucket),
            ..Weight::default()
        });
        let buckets: Vec<Weight> = buckets.collect();
        Self {
            begun_from: begin_from.clone(),
            shares: buckets.iter().map(Share::of).collect(),
            buckets,
            intercept: Weight::default(),
        }
    }

    /// `text_risk` by what was learnt so far, but for rounding as [`TextWeights::risk`] gives it.
    pub fn risk(&self, texts: &NGrams) -> Option<f32> {
        let (risk, _) = self.risk_and_norm(texts)?;
        Some(risk)
    }

    /// Learns whether an edit was damage. Each n-gram takes a step of its own.
    pub fn learn(&mut self, texts: &NGrams, is_damage: bool) {
        let Some((risk, norm)) = self.risk_and_norm(texts) else {
            return;
        };
        let margin = risk + self.intercept.now;
        let error = 1.0 / (1.0 + libm::expf(-margin)) - f32::from(u8::from(is_damage));
        self.intercept.step(error);
        let step = error / norm;
        for bucket in texts.buckets() {
            let weight = &mut self.buckets[bucket];
            weight.step(step * weight.rarity);
            self.shares[bucket] = Share::of(weight);
        }
    }

    /// What was learnt, as a version keeps it.
    pub fn weights(&self) -> TextWeights {
        self.begun_from.with(|bucket| self.buckets[bucket].now)
    }

    fn risk_and_norm(&self, texts: &NGrams) -> Option<(f32, f32)> {
        let (mut evidence, mut rarities) = (0.0, 0.0);
        for bucket in texts.buckets() {
            let share = self.shares[bucket];
            evidence += share.evidence;
            rarities += share.squared_rarity;
        }
        let norm = f32::sqrt(rarities);
        (rarities > 0.0).then(|| (evidence / norm, norm))
    }
}
