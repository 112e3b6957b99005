//! Detects that the distribution of scores changed: by the population stability index (PSI) of the
//! last scored edits against a reference.

use super::alert::Anomaly;
use super::feed::DamagedState;
use super::rules::AlertRules;
use crate::stability::{ScoreReference, bin, smoothed_shares, stability_index};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The index is computed once for this number of scored edits.
const EVERY: u64 = 500;
/// Models whose reference is kept, as edits of the previous model may still come after a swap.
const MODELS: usize = 4;

/// The scores of the current model.
#[derive(Debug)]
enum State {
    /// There is no reference: the first scores become one.
    Learning(Vec<f64>),
    /// `window` has the bin of each of the last scores, `counts` the number of scores in each bin.
    Watching {
        reference: ScoreReference,
        window: VecDeque<u8>,
        counts: Vec<u64>,
        since_evaluation: u64,
    },
}

/// Compares the scores of one model at a time.
#[derive(Debug)]
pub(super) struct DriftDetector {
    window: usize,
    limit: f64,
    model: String,
    state: State,
    references: VecDeque<(String, ScoreReference)>,
}

impl DriftDetector {
    pub(super) fn new(rules: &AlertRules) -> Self {
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

    /// A `score_drift` if the index of the window is above the limit.
    pub(super) fn observe(&mut self, score: f64, model: &str) -> Option<Anomaly> {
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
                let position = bin(reference.bounds(), score);
                counts[position] += 1;
                // A reference has at most 256 bins.
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
                let psi = stability_index(&observed, reference.shares());
                (psi > self.limit).then(|| Anomaly::ScoreDrift {
                    psi,
                    limit: self.limit,
                    scores: window.len() as u64,
                    observed,
                    expected: reference.shares().to_vec(),
                })
            }
        }
    }
}

/// What the detector remembers. Counts follow from the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct DriftState {
    model: String,
    /// Scores that are to become the reference; empty while there is one.
    learning: Vec<f64>,
    watching: Option<Watched>,
    references: Vec<(String, ScoreReference)>,
}

/// Scores that are compared with a reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Watched {
    reference: ScoreReference,
    window: Vec<u8>,
    since_evaluation: u64,
}

impl DriftDetector {
    pub(super) fn state(&self) -> DriftState {
        let (learning, watching) = match &self.state {
            State::Learning(scores) => (scores.clone(), None),
            State::Watching {
                reference,
                window,
                since_evaluation,
                ..
            } => {
                let watched = Watched {
                    reference: reference.clone(),
                    window: window.iter().copied().collect(),
                    since_evaluation: *since_evaluation,
                };
                (Vec::new(), Some(watched))
            }
        };
        DriftState {
            model: self.model.clone(),
            learning,
            watching,
            references: self.references.iter().cloned().collect(),
        }
    }

    pub(super) fn restore(&mut self, kept: DriftState) -> Result<(), DamagedState> {
        let state = match kept.watching {
            None => State::Learning(kept.learning),
            Some(watched) => {
                let mut counts = vec![0_u64; watched.reference.shares().len()];
                // The window may have been longer by the rules of before.
                let surplus = watched.window.len().saturating_sub(self.window);
                let window: VecDeque<u8> = watched.window.into_iter().skip(surplus).collect();
                for position in &window {
                    *counts
                        .get_mut(usize::from(*position))
                        .ok_or(DamagedState("a score is in a bin that there is not"))? += 1;
                }
                State::Watching {
                    counts,
                    window,
                    since_evaluation: watched.since_evaluation,
                    reference: watched.reference,
                }
            }
        };
        self.model = kept.model;
        self.state = state;
        self.references = kept.references.into();
        Ok(())
    }
}

fn watching(reference: ScoreReference) -> State {
    State::Watching {
        counts: vec![0; reference.shares().len()],
        window: VecDeque::new(),
        since_evaluation: 0,
        reference,
    }
}

#[cfg(test)]
mod tests;
