//! Why rows were refused and why a training did not end with a model.

/// Rows, labels or names that cannot become a set. Rows are counted from 0 within the call that
/// brought them; a refused call changes nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DataError {
    /// XGBoost's nodes can name 2^15 features, and a model needs one.
    #[error("{found} features: 1 to {max} are supported")]
    FeatureCount { found: usize, max: usize },
    /// A name that is given twice, is empty, or that Python XGBoost would refuse.
    #[error("feature name {name:?}: names are unique, not empty and without `[`, `]` and `<`")]
    FeatureName { name: String },
    /// A bin is one byte, one value of which stands for a missing value; one bin cannot be split.
    #[error("`max_bins` is {found}: 2 to {max} are supported")]
    BinCount { found: usize, max: usize },
    #[error("`sample_rows` is 0: bins are cut from at least one row")]
    EmptySample,
    #[error("no rows were given: bins cannot be cut")]
    NoRows,
    #[error("{found} values do not make up rows of {features} features")]
    Width { found: usize, features: usize },
    /// A row without a label or weight, or the other way round.
    #[error("{found} {what} for {rows} rows")]
    Length {
        /// `labels` or `weights`, for the message.
        what: &'static str,
        found: usize,
        rows: usize,
    },
    #[error("the label of row {row} is {value}: it must be 0 or 1")]
    Label { row: usize, value: f32 },
    #[error("the weight of row {row} is {value}: it must be finite and not negative")]
    Weight { row: usize, value: f32 },
    /// Rows are numbered in 32 bits.
    #[error("more than {max} rows")]
    TooManyRows { max: usize },
}

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrainError {
    #[error("`{name}` is {value}: {expected}")]
    Param {
        name: &'static str,
        value: f64,
        /// The range, as a clause such as `it must be at least 1`.
        expected: &'static str,
    },
    #[error("the {set} set has no rows")]
    NoRows {
        /// `training` or `validation`, for the message.
        set: &'static str,
    },
    /// One class does not appear, or only with weight 0.
    #[error("the {set} set has no {class} rows: there is nothing to tell apart")]
    OneClass {
        /// `training` or `validation`, for the message.
        set: &'static str,
        /// `positive` or `negative`, for the message.
        class: &'static str,
    },
    /// The number of a bin means another range in each set.
    #[error("training and validation set were not binned with the same edges")]
    DifferentEdges,
    #[error("early stopping needs a validation set")]
    NoValidation,
    /// The observer broke off; the trees grown so far are dropped.
    #[error("training was cancelled after {trees} trees")]
    Cancelled { trees: usize },
}
