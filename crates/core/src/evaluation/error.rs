//! Why an evaluation was refused. Each names the row or the count that is at fault.

/// Why rows could not be evaluated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EvaluationError {
    /// A column is longer or shorter than the labels.
    #[error("{found} {column} for {expected} labels")]
    Length {
        /// Name of the column.
        column: &'static str,
        /// Number of labels.
        expected: usize,
        /// Length of the column.
        found: usize,
    },
    /// A score that is no probability.
    #[error("row {row}: the score {score} is no probability")]
    Score {
        /// Number of the row, from 0.
        row: usize,
        /// The score.
        score: f64,
    },
    /// A weight that is not finite, or not above 0.
    #[error("row {row}: the weight {weight} is not finite and above 0")]
    Weight {
        /// Number of the row, from 0.
        row: usize,
        /// The weight.
        weight: f32,
    },
    /// Nothing to tell apart.
    #[error("{damage} of {rows} rows are damage: it takes rows of both kinds")]
    OneKind {
        /// Rows that are damage.
        damage: usize,
        /// All rows.
        rows: usize,
    },
    /// More rows than are counted with 30 bits.
    #[error("{rows} rows: at most {max} can be evaluated at once")]
    TooMany {
        /// Number of rows.
        rows: usize,
        /// The most there may be.
        max: usize,
    },
    /// No resample to take an interval from.
    #[error("an interval needs resamples: 0 were asked for")]
    NoResamples,
    /// Not one finite score.
    #[error("no finite score among the rows")]
    NoScores,
}
