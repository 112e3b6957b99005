//! Why nothing can be simulated.

use crate::error::ReplayError;

/// Why nothing can be simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    #[error("cannot unpack the labelled edits")]
    Read(#[from] ReplayError),
    #[error("there are no labelled edits")]
    Empty,
    #[error("line {line} is no labelled edit")]
    Row {
        /// Counted from 1, empty lines left out.
        line: usize,
        #[source]
        cause: serde_json::Error,
    },
    #[error("no event can be made of line {line}: {what}")]
    Unusable {
        /// Counted from 1, empty lines left out.
        line: usize,
        what: &'static str,
    },
    #[error("{name} must be {range}")]
    Option {
        name: &'static str,
        range: &'static str,
    },
}
