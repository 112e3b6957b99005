//! A model that scores rows.

use super::checked::CheckedModel;
use super::error::XgboostError;
use super::forest::{Forest, MAX_TOTAL_NODES};

/// A model whose trees are laid out for scoring.
///
/// All trees are summed, as `Booster.predict` does: an early-stopped model must be cut to its best
/// iteration before it is saved.
pub struct Booster {
    feature_names: Vec<String>,
    num_features: usize,
    base_margin: f32,
    forest: Forest,
}

impl std::fmt::Debug for Booster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Booster")
            .field("num_features", &self.num_features)
            .field("base_margin", &self.base_margin)
            .field("num_trees", &self.forest.trees())
            .finish_non_exhaustive()
    }
}

impl Booster {
    /// Reads and checks a model.
    ///
    /// # Errors
    /// [`XgboostError`] if the bytes are not a model, if it is broken, or if it is of a kind that is
    /// not evaluated here. No bytes make it panic.
    pub fn from_json(bytes: &[u8]) -> Result<Self, XgboostError> {
        let checked = CheckedModel::from_json(bytes)?;
        let mut forest = Forest::default();
        for tree in 0..checked.model.trees.len() {
            forest.push(&checked.tree(tree)?);
            if forest.nodes() > MAX_TOTAL_NODES {
                return Err(XgboostError::TooLarge {
                    max: MAX_TOTAL_NODES,
                });
            }
        }
        Ok(Self {
            feature_names: checked.feature_names,
            num_features: checked.num_features,
            base_margin: checked.base_margin,
            forest,
        })
    }

    /// Names of the features in the order of a row; empty if the model was trained without names.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// Number of values of a row, at most 2^15.
    pub fn num_features(&self) -> usize {
        self.num_features
    }

    /// Number of trees, all of which are summed.
    pub fn num_trees(&self) -> usize {
        self.forest.trees()
    }

    /// The margin (log-odds) of one row: what `predict(output_margin=True)` returns, to the bit.
    /// NaN is a missing value.
    ///
    /// # Panics
    /// If the row does not have [`Booster::num_features`] values.
    pub fn margin(&self, row: &[f32]) -> f32 {
        assert_eq!(row.len(), self.num_features, "width of the row");
        self.forest.sum(self.base_margin, row)
    }

    /// [`Booster::margin`] of every row, to the bit and at least as fast. `rows` is row-major.
    ///
    /// # Panics
    /// If `rows` does not have [`Booster::num_features`] values for each element of `out`.
    pub fn margins(&self, rows: &[f32], out: &mut [f32]) {
        assert_eq!(
            rows.len(),
            self.num_features * out.len(),
            "size of the rows"
        );
        self.forest
            .sums(self.base_margin, rows, self.num_features, out);
    }
}
