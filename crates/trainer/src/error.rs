//! Why rows were refused and why a training did not end with a model.

/// Rows, labels or names that cannot become a set. Rows are counted from 0 in the call that
/// brought them; of a refused call nothing is kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DataError {
    /// No feature, or more than a model can name.
    #[error("{found} features: 1 to {max} are supported")]
    FeatureCount {
        /// How many names were given.
        found: usize,
        /// The most that are supported.
        max: usize,
    },
    /// A name that is given twice, is empty, or that Python XGBoost would refuse.
    #[error("feature name {name:?}: names are unique, not empty and without `[`, `]` and `<`")]
    FeatureName {
        /// The name.
        name: String,
    },
    /// The number of bins does not fit a byte, or leaves nothing to split.
    #[error("`max_bins` is {found}: 2 to {max} are supported")]
    BinCount {
        /// What was asked for.
        found: usize,
        /// The most that are supported; one value of the byte stands for a missing value.
        max: usize,
    },
    /// The sample from which bins are cut is to have no row.
    #[error("`sample_rows` is 0: bins are cut from at least one row")]
    EmptySample,
    /// Bins were to be cut before any row was seen.
    #[error("no rows were given: bins cannot be cut")]
    NoRows,
    /// The values do not make up whole rows.
    #[error("{found} values do not make up rows of {features} features")]
    Width {
        /// How many values were given.
        found: usize,
        /// How many features a row has.
        features: usize,
    },
    /// A row without a label, or the other way round.
    #[error("{found} {what} for {rows} rows")]
    Length {
        /// What is counted: `labels` or `weights`.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many rows were given.
        rows: usize,
    },
    /// A label that is neither class.
    #[error("the label of row {row} is {value}: it must be 0 or 1")]
    Label {
        /// Number of the row.
        row: usize,
        /// What stands there.
        value: f32,
    },
    /// A weight that cannot weigh.
    #[error("the weight of row {row} is {value}: it must be finite and not negative")]
    Weight {
        /// Number of the row.
        row: usize,
        /// What stands there.
        value: f32,
    },
    /// More rows than are numbered in 32 bits.
    #[error("more than {max} rows")]
    TooManyRows {
        /// The most that are supported.
        max: usize,
    },
}

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// A parameter out of its range.
    #[error("`{name}` is {value}: {expected}")]
    Param {
        /// Name of the parameter.
        name: &'static str,
        /// What it is.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// A set without rows.
    #[error("the {set} set has no rows")]
    NoRows {
        /// `training` or `validation`.
        set: &'static str,
    },
    /// A set in which one class does not appear, or only with weight 0.
    #[error("the {set} set has no {class} rows: there is nothing to tell apart")]
    OneClass {
        /// `training` or `validation`.
        set: &'static str,
        /// `positive` or `negative`.
        class: &'static str,
    },
    /// The two sets were binned with different edges, so that a tree means different things.
    #[error("training and validation set were not binned with the same edges")]
    DifferentEdges,
    /// Early stopping watches the validation set.
    #[error("early stopping needs a validation set")]
    NoValidation,
    /// The observer said so.
    #[error("training was cancelled after {trees} trees")]
    Cancelled {
        /// How many trees had been grown; they are gone.
        trees: usize,
    },
}
