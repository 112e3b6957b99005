//! Whether scores are still distributed as they were: the population stability index (PSI) of the
//! last scored edits against a reference. It says that something changed, not what.

use super::rules::Rules;
use std::collections::VecDeque;

/// Bins of the reference, by its quantiles.
const BINS: usize = 10;
/// The index is worked out every so many scored edits.
pub(super) const EVERY: u64 = 500;
/// Models whose reference is kept: edits of the one before may still come after a swap.
const MODELS: usize = 4;

/// How the scores of a model are expected to be distributed.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreReference {
    /// Upper bounds of all bins but the last, ascending; a score on a bound is below it.
    bounds: Vec<f64>,
    /// Share of the reference in each bin.
    shares: Vec<f64>,
}

impl ScoreReference {
    /// A reference from scores: ten bins of equal shares, fewer and unequal where scores are
    /// equal. `None` without finite scores.
    pub fn from_scores(scores: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = scores.iter().copied().filter(|s| s.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        if sorted.is_empty() {
            return None;
        }
        let mut bounds: Vec<f64> = (1..BINS)
            .map(|decile| sorted[(decile * sorted.len()).div_ceil(BINS).max(1) - 1])
            .collect();
        bounds.dedup();
        let mut counts = vec![0_u64; bounds.len() + 1];
        for score in &sorted {
            counts[bin(&bounds, *score)] += 1;
        }
        Some(Self::new(bounds, &counts))
    }

    /// A reference from a histogram of equally wide bins over 0 to 1, such as that of the scores
    /// in training. Neighbouring bins are joined until each holds about a tenth. `None` if empty.
    pub fn from_histogram(histogram: &[u64]) -> Option<Self> {
        let total: u64 = histogram.iter().sum();
        if total == 0 {
            return None;
        }
        let width = 1.0 / histogram.len() as f64;
        let (mut bounds, mut counts) = (Vec::new(), vec![0_u64]);
        let mut seen = 0;
        for (position, count) in histogram.iter().enumerate() {
            seen += count;
            let bins = counts.len() as u64;
            if let Some(last) = counts.last_mut() {
                *last += count;
                let is_full = *last > 0 && seen * BINS as u64 >= total * bins;
                if is_full && position + 1 < histogram.len() {
                    bounds.push((position + 1) as f64 * width);
                    counts.push(0);
                }
            }
        }
        Some(Self::new(bounds, &counts))
    }

    fn new(bounds: Vec<f64>, counts: &[u64]) -> Self {
        let shares = smoothed_shares(counts);
        Self { bounds, shares }
    }
}

fn bin(bounds: &[f64], score: f64) -> usize {
    bounds.partition_point(|bound| *bound < score)
}

/// Shares with half a score added to every bin, so that an empty one gives no infinite index.
fn smoothed_shares(counts: &[u64]) -> Vec<f64> {
    let total = counts.iter().sum::<u64>() as f64 + 0.5 * counts.len() as f64;
    counts.iter().map(|c| (*c as f64 + 0.5) / total).collect()
}

/// `Σ (observed − expected) · ln(observed / expected)` over the bins: 0 for equal distributions.
/// Customary reading: below 0.1 stable, above 0.25 changed (N. Siddiqi, Credit Risk Scorecards,
/// 2006). `libm` gives the same digits on every machine.
fn stability_index(observed: &[f64], expected: &[f64]) -> f64 {
    observed
        .iter()
        .zip(expected)
        .map(|(observed, expected)| (observed - expected) * libm::log(observed / expected))
        .sum()
}

/// A window whose scores drifted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drift {
    pub(super) psi: f64,
    pub(super) scores: u64,
    pub(super) observed: Vec<f64>,
    pub(super) expected: Vec<f64>,
}

/// Scores of the model in charge.
#[derive(Debug)]
enum State {
    /// Without a reference the first scores become one.
    Learning(Vec<f64>),
    /// The bins of the last scores and how many fell into each.
    Watching {
        reference: ScoreReference,
        window: VecDeque<u8>,
        counts: Vec<u64>,
        since_evaluation: u64,
    },
}

/// Watches the scores of one model at a time.
#[derive(Debug)]
pub(super) struct DriftDetector {
    window: usize,
    limit: f64,
    model: String,
    state: State,
    references: VecDeque<(String, ScoreReference)>,
}

impl DriftDetector {
    pub(super) fn new(rules: &Rules) -> Self {
        Self {
            window: rules.drift_window,
            limit: rules.drift_psi,
            model: String::new(),
            state: State::Learning(Vec::new()),
            references: VecDeque::new(),
        }
    }

    pub(super) fn set_reference(&mut self, model: &str, reference: ScoreReference) {
        self.references.retain(|(name, _)| name != model);
        self.references.push_back((model.to_owned(), reference));
        if self.references.len() > MODELS {
            self.references.pop_front();
        }
        if self.model == model {
            self.start(model);
        }
    }

    fn start(&mut self, model: &str) {
        model.clone_into(&mut self.model);
        let known = self.references.iter().find(|(name, _)| name == model);
        self.state = known.map_or_else(
            || State::Learning(Vec::new()),
            |(_, reference)| watching(reference.clone()),
        );
    }

    pub(super) fn observe(&mut self, score: f64, model: &str) -> Option<Drift> {
        if !score.is_finite() {
            return None;
        }
        if self.model != model {
            self.start(model);
        }
        match &mut self.state {
            State::Learning(scores) => {
                scores.push(score);
                if scores.len() >= self.window
                    && let Some(reference) = ScoreReference::from_scores(scores)
                {
                    self.state = watching(reference);
                }
                None
            }
            State::Watching {
                reference,
                window,
                counts,
                since_evaluation,
            } => {
                let position = bin(&reference.bounds, score);
                counts[position] += 1;
                // At most BINS positions, far below 256.
                window.push_back(position as u8);
                if window.len() > self.window
                    && let Some(left) = window.pop_front()
                {
                    counts[usize::from(left)] -= 1;
                }
                *since_evaluation += 1;
                if window.len() < self.window || *since_evaluation < EVERY {
                    return None;
                }
                *since_evaluation = 0;
                let observed = smoothed_shares(counts);
                let psi = stability_index(&observed, &reference.shares);
                (psi > self.limit).then(|| Drift {
                    psi,
                    scores: window.len() as u64,
                    observed,
                    expected: reference.shares.clone(),
                })
            }
        }
    }
}

fn watching(reference: ScoreReference) -> State {
    State::Watching {
        counts: vec![0; reference.shares.len()],
        window: VecDeque::new(),
        since_evaluation: 0,
        reference,
    }
}

#[cfg(test)]
mod tests;
