//! All figures of one scoring in one pass over its rows, sorted once: a resample only changes how
//! often each row counts. No intervals and no slices here.
//!
//! Definitions, with rows of equal score standing and falling together:
//! - `pr_auc`: average precision, Σ (recall step) · precision, as scikit-learn has it;
//! - `roc_auc`: probability that damage scores above the rest, a tie counting half;
//! - `expected_calibration_error`: mean distance of mean score and share of damage over ten bins of
//!   equal mass by score (not of equal width); a tie on a bin's edge is shared between both bins;
//! - `brier`: mean squared distance of score and outcome;
//! - recall and precision at a review budget: what is found if the riskiest share of the edits,
//!   rounded to whole ones and at least one, is reviewed; a tie at the end counts in proportion.

use super::{EvaluationError, Outcomes};

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
const LAST: u32 = 1 << 30;
/// Rows are numbered with the bits that are left.
pub(super) const MAX_ROWS: usize = 1 << 30;

/// How often each unit (a row or a cluster) counts, and the mass of rows that makes.
pub(super) struct Counts {
    /// Draws of one unit from many: beyond 255 with a chance of one in 255 factorial.
    pub of_unit: Vec<u8>,
    pub damage: f64,
    pub rest: f64,
}

#[derive(Clone, Copy)]
struct Entry {
    score: f64,
    weight: f32,
    /// Bit 31: damage; bit 30: the last row of its score; below: the unit.
    unit: u32,
}

/// The rows of one scoring, highest score first.
pub(super) struct Ranked(Vec<Entry>);

impl Ranked {
    /// Rows whose columns were checked, in the [`order`] of their scores.
    pub fn new(outcomes: &Outcomes<'_>, units: &[u32], order: &[u32], scores: &[f64]) -> Self {
        let mut entries: Vec<Entry> = order
            .iter()
            .map(|row| {
                let row = *row as usize;
                let label = if outcomes.labels[row] { LABEL } else { 0 };
                Entry {
                    // -0.0 ties with 0.0.
                    score: scores[row] + 0.0,
                    weight: outcomes.weights.map_or(1.0, |weights| weights[row]),
                    unit: units[row] | label,
                }
            })
            .collect();
        for at in 0..entries.len() {
            let next = entries.get(at + 1).map(|next| next.score);
            if next != Some(entries[at].score) {
                entries[at].unit |= LAST;
            }
        }
        Self(entries)
    }

    /// Sums up the rows that count.
    pub fn weigh(&self, counts: &mut Counts) {
        (counts.damage, counts.rest) = (0.0, 0.0);
        for entry in &self.0 {
            let count = counts.of_unit[(entry.unit & (LAST - 1)) as usize];
            let mass = f64::from(count) * f64::from(entry.weight);
            if entry.unit & LABEL == 0 {
                counts.rest += mass;
            } else {
                counts.damage += mass;
            }
        }
    }

    /// The figures if rows count as `counts` says, which leaves rows of both kinds.
    pub fn measure(&self, counts: &Counts) -> Values {
        let mut pass = Pass::new(counts);
        let (mut damage, mut rest) = (0.0, 0.0);
        for entry in &self.0 {
            let count = counts.of_unit[(entry.unit & (LAST - 1)) as usize];
            let mass = f64::from(count) * f64::from(entry.weight);
            if entry.unit & LABEL == 0 {
                rest += mass;
            } else {
                damage += mass;
            }
            if entry.unit & LAST != 0 {
                if damage + rest > 0.0 {
                    pass.group(entry.score, damage, rest);
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
struct Pass {
    total: f64,
    /// Damage and all mass above the present score.
    found: f64,
    seen: f64,
    precision: f64,
    pairs: f64,
    squares: f64,
    budgets: [f64; BUDGETS.len()],
    found_at: [f64; BUDGETS.len()],
    next_budget: usize,
    /// Σ (score − outcome) in the present bin, its number and where it ends.
    gap: f64,
    bin: usize,
    edge: f64,
    gaps: f64,
}

impl Pass {
    fn new(counts: &Counts) -> Self {
        let total = counts.damage + counts.rest;
        let budget = |percent: u32| {
            (total * f64::from(percent) / 100.0)
                .round_ties_even()
                .max(1.0)
        };
        Self {
            total,
            found: 0.0,
            seen: 0.0,
            precision: 0.0,
            pairs: 0.0,
            squares: 0.0,
            budgets: BUDGETS.map(budget),
            found_at: [0.0; BUDGETS.len()],
            next_budget: 0,
            gap: 0.0,
            bin: 0,
            edge: edge(total, 0),
            gaps: 0.0,
        }
    }

    /// The rows of one score.
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
        // All but the last bin end on their edge; rounding must not open an eleventh.
        if seen > self.edge && self.bin + 1 < BINS {
            self.share_out(score - damage / mass, seen);
        } else {
            self.gap += mass * score - damage;
        }
        self.found += damage;
        self.seen = seen;
    }

    /// Rows that reach over the edge of a bin, each `gap` from the outcome.
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
        // Of weights that do not sum up exactly, or a budget of more than there is.
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

/// Where a bin ends, counted from the highest score. What ten does not divide goes to the bins of
/// the lowest scores, one edit each.
fn edge(total: f64, bin: usize) -> f64 {
    let size = (total / BINS as f64).floor();
    let left_over = total - size * BINS as f64;
    let below = (BINS - 1 - bin) as f64;
    total - (below * size + left_over.min(below))
}

/// Checks labels and weights.
pub(super) fn check(outcomes: &Outcomes<'_>) -> Result<(), EvaluationError> {
    let rows = outcomes.labels.len();
    if rows > MAX_ROWS {
        return Err(EvaluationError::TooMany {
            rows,
            max: MAX_ROWS,
        });
    }
    if let Some(weights) = outcomes.weights {
        check_length("weights", rows, weights.len())?;
        let sound = |weight: &f32| weight.is_finite() && *weight > 0.0;
        if let Some(row) = weights.iter().position(|weight| !sound(weight)) {
            let weight = weights[row];
            return Err(EvaluationError::Weight { row, weight });
        }
    }
    let damage = outcomes.labels.iter().filter(|label| **label).count();
    if damage == 0 || damage == rows {
        return Err(EvaluationError::OneKind { damage, rows });
    }
    Ok(())
}

/// The unit of each row, and how many there are. Rows that stand alone are numbered in `order`, so
/// that at least one scoring reads their counts one after another.
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

pub(super) fn check_scores(rows: usize, scores: &[f64]) -> Result<(), EvaluationError> {
    check_length("scores", rows, scores.len())?;
    match scores.iter().position(|score| !(0.0..=1.0).contains(score)) {
        Some(row) => Err(EvaluationError::Score {
            row,
            score: scores[row],
        }),
        None => Ok(()),
    }
}

pub(super) fn check_length(
    column: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), EvaluationError> {
    if expected == found {
        Ok(())
    } else {
        Err(EvaluationError::Length {
            column,
            expected,
            found,
        })
    }
}
