//! Rows as the trainer reads them: one byte per value, labels, weights. Filled piece by piece, so
//! that the rows as floats are never all in memory at once.

use crate::edges::BinEdges;
use crate::error::{DataError, TrainError};

/// How many features lie side by side. Their histograms, 2 KB each while rows are added, fit the
/// L1 cache, and a row of a group is one read.
pub(crate) const LANES: usize = 8;

/// Feature `f` of a row is byte `f % LANES` of group `f / LANES`.
pub(crate) type Lanes = [u8; LANES];

/// Rows are numbered in 32 bits.
const MAX_ROWS: usize = u32::MAX as usize;

/// Labelled rows, binned. Takes a byte per value (features rounded up to a multiple of 8), one per
/// label, and 4 per weight if there are any.
#[derive(Debug, Clone)]
pub struct BinnedSet {
    edges: BinEdges,
    groups: Vec<Vec<Lanes>>,
    labels: Vec<bool>,
    /// Empty if every row weighs 1.
    weights: Vec<f32>,
}

impl BinnedSet {
    /// An empty set. Sets that a model is trained on and checked with share their edges.
    pub fn new(edges: BinEdges) -> Self {
        Self::with_capacity(edges, 0)
    }

    /// An empty set with room for `rows`, which saves the copies made while it grows.
    pub fn with_capacity(edges: BinEdges, rows: usize) -> Self {
        let groups = edges.num_features().div_ceil(LANES);
        Self {
            edges,
            groups: (0..groups).map(|_| Vec::with_capacity(rows)).collect(),
            labels: Vec::with_capacity(rows),
            weights: Vec::new(),
        }
    }

    /// Adds rows, row-major, that weigh 1 each. NaN is a missing value; a label is 0 or 1.
    ///
    /// # Errors
    /// [`DataError`] says what does not fit; nothing is added then.
    pub fn push(&mut self, rows: &[f32], labels: &[f32]) -> Result<(), DataError> {
        self.check(rows, labels)?;
        self.add(rows, labels);
        if !self.weights.is_empty() {
            self.weights.resize(self.labels.len(), 1.0);
        }
        Ok(())
    }

    /// Adds rows as [`BinnedSet::push`] does, each with a weight of its own: finite, not negative.
    /// A row of weight 3 counts as three rows.
    ///
    /// # Errors
    /// [`DataError`] says what does not fit; nothing is added then.
    pub fn push_weighted(
        &mut self,
        rows: &[f32],
        labels: &[f32],
        weights: &[f32],
    ) -> Result<(), DataError> {
        self.check(rows, labels)?;
        if weights.len() != labels.len() {
            return Err(DataError::Length {
                what: "weights",
                found: weights.len(),
                rows: labels.len(),
            });
        }
        let sound = |weight: f32| weight >= 0.0 && weight.is_finite();
        if let Some(row) = weights.iter().position(|&weight| !sound(weight)) {
            let value = weights[row];
            return Err(DataError::Weight { row, value });
        }
        self.weights.resize(self.labels.len(), 1.0);
        self.weights.extend_from_slice(weights);
        self.add(rows, labels);
        Ok(())
    }

    fn check(&self, rows: &[f32], labels: &[f32]) -> Result<(), DataError> {
        let features = self.edges.num_features();
        if !rows.len().is_multiple_of(features) {
            return Err(DataError::Width {
                found: rows.len(),
                features,
            });
        }
        if labels.len() * features != rows.len() {
            return Err(DataError::Length {
                what: "labels",
                found: labels.len(),
                rows: rows.len() / features,
            });
        }
        if self.labels.len() + labels.len() > MAX_ROWS {
            return Err(DataError::TooManyRows { max: MAX_ROWS });
        }
        match labels
            .iter()
            .position(|&label| label != 0.0 && label != 1.0)
        {
            Some(row) => Err(DataError::Label {
                row,
                value: labels[row],
            }),
            None => Ok(()),
        }
    }

    fn add(&mut self, rows: &[f32], labels: &[f32]) {
        for row in rows.chunks_exact(self.edges.num_features()) {
            let pieces = row.chunks(LANES).enumerate();
            for (group, (number, piece)) in self.groups.iter_mut().zip(pieces) {
                let mut lanes = [0; LANES];
                for (lane, (byte, &value)) in lanes.iter_mut().zip(piece).enumerate() {
                    *byte = self.edges.bin(number * LANES + lane, value);
                }
                group.push(lanes);
            }
        }
        self.labels.extend(labels.iter().map(|&label| label == 1.0));
    }

    /// Number of rows, at most 2^32 - 1.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The bins of the features, which sets that belong together share.
    pub fn edges(&self) -> &BinEdges {
        &self.edges
    }

    pub(crate) fn groups(&self) -> &[Vec<Lanes>] {
        &self.groups
    }

    pub(crate) fn labels(&self) -> &[bool] {
        &self.labels
    }

    pub(crate) fn weight(&self, row: usize) -> f32 {
        self.weights.get(row).copied().unwrap_or(1.0)
    }

    pub(crate) fn max_weight(&self) -> f32 {
        self.weights.iter().copied().reduce(f32::max).unwrap_or(1.0)
    }

    pub(crate) fn bin(&self, row: usize, feature: usize) -> u8 {
        self.groups[feature / LANES][row][feature % LANES]
    }

    /// Sums of the weights of positive and of negative rows.
    ///
    /// # Errors
    /// [`TrainError`] if there are no rows, or only rows of one class. `set` names the set.
    pub(crate) fn class_weights(&self, set: &'static str) -> Result<[f64; 2], TrainError> {
        if self.is_empty() {
            return Err(TrainError::NoRows { set });
        }
        let mut sums = [0.0; 2];
        for (row, &label) in self.labels.iter().enumerate() {
            sums[usize::from(!label)] += f64::from(self.weight(row));
        }
        for (sum, class) in sums.iter().zip(["positive", "negative"]) {
            if *sum <= 0.0 {
                return Err(TrainError::OneClass { set, class });
            }
        }
        Ok(sums)
    }
}
