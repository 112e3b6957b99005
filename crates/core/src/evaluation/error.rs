//! Why an evaluation was refused. Each variant has the row or the number at fault.

/// Why rows could not be evaluated. Rows are numbered from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EvaluationError {
    /// A column is longer or shorter than the labels.
    #[error("{found} {column} for {expected} labels")]
    Length {
        column: &'static str,
        expected: usize,
        found: usize,
    },
    #[error("row {row}: the score {score} is no probability")]
    Score { row: usize, score: f64 },
    #[error("row {row}: the weight {weight} is not finite and above 0")]
    Weight { row: usize, weight: f32 },
    #[error("{damage} of {rows} rows are damage: it takes rows of both kinds")]
    OneKind { damage: usize, rows: usize },
    /// Rows are numbered in 30 bits.
    #[error("{rows} rows: at most {max} can be evaluated at once")]
    TooMany { rows: usize, max: usize },
    #[error("an interval needs resamples: 0 were asked for")]
    NoResamples,
    #[error("no finite score among the rows")]
    NoScores,
}
