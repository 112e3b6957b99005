//! All figures of one scoring in one pass over its rows, which are sorted once: a resample only
//! changes how often each row counts.
//!
//! Definitions, in which rows of equal score always count together:
//! - `pr_auc`: average precision, Σ (recall step) · precision, as scikit-learn defines it;
//! - `roc_auc`: probability that damage scores above the rest, a tie counting half;
//! - `expected_calibration_error`: mean distance of mean score and share of damage over ten bins of
//!   equal mass by score (not of equal width); a tie on a bin's edge is shared between both bins;
//! - `brier`: mean squared distance of score and outcome;
//! - recall and precision at a review budget: those of a review of the riskiest share of the edits,
//!   rounded to whole edits and at least one; a tie at the end counts in proportion.

use super::error::EvaluationError;
use super::outcomes::{Outcomes, check_length};

/// Review budgets, in percent of all edits.
pub(super) const BUDGETS: [u32; 3] = [1, 2, 5];
const BINS: usize = 10;

/// One value for each figure.
pub(super) type Values = [f64; FIGURES];
pub(super) const FIGURES: usize = 4 + 2 * BUDGETS.len();
pub(super) const ROC_AUC: usize = 0;
pub(super) const PR_AUC: usize = 1;
pub(super) const CALIBRATION: usize = 2;
pub(super) const BRIER: usize = 3;
pub(super) const RECALL: usize = 4;
pub(super) const PRECISION: usize = RECALL + BUDGETS.len();

const LABEL: u32 = 1 << 31;
/// Marks the last row of a score. The bits below it number the units.
const LAST: u32 = 1 << 30;

/// How often each unit (a row or a cluster) counts, and the resulting mass of rows.
#[derive(Default)]
pub(super) struct Counts {
    /// The number of draws of each unit; more than 255 have a chance of one in 255 factorial.
    pub of_unit: Vec<u8>,
    pub damage: f64,
    pub rest: f64,
}

#[derive(Clone, Copy)]
struct RankedRow {
    score: f64,
    weight: f32,
    /// Bit 31: damage; bit 30: the last row of its score; below: the unit.
    unit: u32,
}

/// The rows of one scoring, highest score first.
pub(super) struct Ranked(Vec<RankedRow>);

impl Ranked {
    /// Rows whose columns were checked, in the [`order`] of their scores.
    pub fn new(outcomes: &Outcomes<'_>, units: &[u32], order: &[u32], scores: &[f64]) -> Self {
        let mut ranked: Vec<RankedRow> = order
            .iter()
            .map(|row| {
                let row = *row as usize;
                let label = if outcomes.labels[row] { LABEL } else { 0 };
                RankedRow {
                    // -0.0 ties with 0.0.
                    score: scores[row] + 0.0,
                    weight: outcomes.weights.map_or(1.0, |weights| weights[row]),
                    unit: units[row] | label,
                }
            })
            .collect();
        for at in 0..ranked.len() {
            let next = ranked.get(at + 1).map(|next| next.score);
            if next != Some(ranked[at].score) {
                ranked[at].unit |= LAST;
            }
        }
        Self(ranked)
    }

    /// Sums up the mass of damage and of the rest.
    pub fn weigh(&self, counts: &mut Counts) {
        (counts.damage, counts.rest) = (0.0, 0.0);
        for row in &self.0 {
            let count = counts.of_unit[(row.unit & (LAST - 1)) as usize];
            let mass = f64::from(count) * f64::from(row.weight);
            if row.unit & LABEL == 0 {
                counts.rest += mass;
            } else {
                counts.damage += mass;
            }
        }
    }

    /// The figures if units count as in `counts`, which must leave rows of both kinds.
    pub fn measure(&self, counts: &Counts) -> Values {
        let mut pass = RunningSums::new(counts);
        let (mut damage, mut rest) = (0.0, 0.0);
        for row in &self.0 {
            let count = counts.of_unit[(row.unit & (LAST - 1)) as usize];
            let mass = f64::from(count) * f64::from(row.weight);
            if row.unit & LABEL == 0 {
                rest += mass;
            } else {
                damage += mass;
            }
            if row.unit & LAST != 0 {
                if damage + rest > 0.0 {
                    pass.group(row.score, damage, rest);
                }
                (damage, rest) = (0.0, 0.0);
            }
        }
        pass.finish(counts)
    }
}

/// Row numbers, highest score first.
pub(super) fn order(scores: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..scores.len() as u32).collect();
    order.sort_unstable_by(|a, b| {
        let (x, y) = (scores[*a as usize], scores[*b as usize]);
        y.total_cmp(&x).then(a.cmp(b))
    });
    order
}

/// Running sums from the highest score down.
#[derive(Default)]
struct RunningSums {
    total: f64,
    /// Mass of damage above the current score, then all mass above it.
    found: f64,
    seen: f64,
    precision: f64,
    pairs: f64,
    squares: f64,
    budgets: [f64; BUDGETS.len()],
    found_at: [f64; BUDGETS.len()],
    next_budget: usize,
    /// Σ (score − outcome) in the current bin, the number of the bin and where it ends.
    gap: f64,
    bin: usize,
    edge: f64,
    gaps: f64,
}

impl RunningSums {
    fn new(counts: &Counts) -> Self {
        let total = counts.damage + counts.rest;
        let budget = |percent: u32| {
            (total * f64::from(percent) / 100.0)
                .round_ties_even()
                .max(1.0)
        };
        Self {
            total,
            budgets: BUDGETS.map(budget),
            edge: edge(total, 0),
            ..Self::default()
        }
    }

    /// Adds the rows of one score.
    #[inline(always)]
    fn group(&mut self, score: f64, damage: f64, rest: f64) {
        let mass = damage + rest;
        let seen = self.seen + mass;
        while let Some(budget) = self.budgets.get(self.next_budget)
            && seen >= *budget
        {
            let part = (budget - self.seen) / mass;
            self.found_at[self.next_budget] = self.found + damage * part;
            self.next_budget += 1;
        }
        if damage > 0.0 {
            self.precision += damage * (self.found + damage) / seen;
        }
        self.pairs += rest * (self.found + damage / 2.0);
        self.squares += damage * (1.0 - score) * (1.0 - score) + rest * score * score;
        // The last bin takes all that is left, as rounding must not open an eleventh.
        if seen > self.edge && self.bin + 1 < BINS {
            self.share_out(score - damage / mass, seen);
        } else {
            self.gap += mass * score - damage;
        }
        self.found += damage;
        self.seen = seen;
    }

    /// Divides rows that reach over the edge of a bin, each `gap` from its outcome, between bins.
    #[cold]
    fn share_out(&mut self, gap: f64, seen: f64) {
        let mut from = self.seen;
        while seen > self.edge && self.bin + 1 < BINS {
            self.gaps += (self.gap + (self.edge - from) * gap).abs();
            from = self.edge;
            self.gap = 0.0;
            self.bin += 1;
            self.edge = edge(self.total, self.bin);
        }
        self.gap = (seen - from) * gap;
    }

    fn finish(mut self, counts: &Counts) -> Values {
        // Budgets not reached, as weights do not sum up exactly or there are fewer edits.
        self.found_at[self.next_budget..].fill(self.found);
        let mut values = [0.0; FIGURES];
        values[ROC_AUC] = self.pairs / (counts.damage * counts.rest);
        values[PR_AUC] = self.precision / counts.damage;
        values[CALIBRATION] = (self.gaps + self.gap.abs()) / self.total;
        values[BRIER] = self.squares / self.total;
        for (at, found) in self.found_at.into_iter().enumerate() {
            values[RECALL + at] = found / counts.damage;
            values[PRECISION + at] = found / self.budgets[at];
        }
        values
    }
}

/// Where a bin ends, counted from the highest score. The remainder of a division by ten goes to the
/// bins of the lowest scores, one edit each.
fn edge(total: f64, bin: usize) -> f64 {
    let size = (total / BINS as f64).floor();
    let left_over = total - size * BINS as f64;
    let below = (BINS - 1 - bin) as f64;
    total - (below * size + left_over.min(below))
}

/// The unit of each row, and the number of units. Without clusters units are numbered in `order`, so
/// that at least one scoring reads their counts in sequence.
pub(super) fn units(
    outcomes: &Outcomes<'_>,
    order: &[u32],
) -> Result<(Vec<u32>, usize), EvaluationError> {
    let rows = outcomes.labels.len();
    let Some(clusters) = outcomes.clusters else {
        let mut units = vec![0; rows];
        for (unit, row) in order.iter().enumerate() {
            units[*row as usize] = unit as u32;
        }
        return Ok((units, rows));
    };
    check_length("clusters", rows, clusters.len())?;
    let mut numbers = rustc_hash::FxHashMap::default();
    let units = clusters
        .iter()
        .map(|cluster| {
            let next = numbers.len() as u32;
            *numbers.entry(*cluster).or_insert(next)
        })
        .collect();
    Ok((units, numbers.len()))
}
