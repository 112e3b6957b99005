//! Why nothing can be simulated.

use crate::error::ReplayError;

/// Why nothing can be simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The rows cannot be unpacked.
    #[error("cannot unpack the labelled edits")]
    Read(#[from] ReplayError),
    #[error("there are no labelled edits")]
    Empty,
    /// A line is no labelled edit.
    #[error("line {line} is no labelled edit")]
    Row {
        /// Counted from 1, empty lines left out.
        line: usize,
        /// What is wrong with it.
        #[source]
        cause: serde_json::Error,
    },
    /// A line is one of which no event can be made.
    #[error("no event can be made of line {line}: {what}")]
    Unusable {
        /// Counted from 1, empty lines left out.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An option is out of its range.
    #[error("{name} must be {range}")]
    Option {
        name: &'static str,
        range: &'static str,
    },
}
