//! Why the learning loop stops.

use parquet::errors::ParquetError;
use std::io;
use std::path::{Path, PathBuf};
use wikisentry_core::evaluation::EvaluationError;
use wikisentry_core::evaluation::calibrate::CalibrateError;
use wikisentry_core::model::ModelError;
use wikisentry_lake::LakeError;
use wikisentry_lake::registry::RegistryError;
use wikisentry_trainer::{DataError, TrainError};

/// Why labels, a data set or a model could not be made. The champion stays as it is in every case.
#[derive(Debug, thiserror::Error)]
pub enum LearningError {
    /// A file or folder cannot be read or written.
    #[error("cannot {action} {}: {error}", path.display())]
    Io {
        /// What was to be done.
        action: &'static str,
        path: PathBuf,
        error: io::Error,
    },
    /// A Parquet file is damaged, or not of the form it should have.
    #[error("{}: {reason}", path.display())]
    Table {
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The lake: its edits, label facts or labels.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// There is not enough to learn from.
    #[error("there is not enough to learn from: {reason}")]
    TooLittle {
        /// What is missing, with figures.
        reason: String,
    },
    /// Another retraining works on the same models.
    #[error("another retraining is at work on {}", lock.display())]
    Busy {
        /// The lock that it holds.
        lock: PathBuf,
    },
    /// It was asked to stop.
    #[error("stopped as asked; nothing was changed")]
    Cancelled,
    /// The rows do not fit the trainer.
    #[error("training rows: {0}")]
    Data(#[from] DataError),
    /// The trainer gave up.
    #[error("training: {0}")]
    Train(TrainError),
    /// The candidate's margins could not be made probabilities.
    #[error("calibration: {0}")]
    Calibrate(#[from] CalibrateError),
    /// The candidate could not be evaluated.
    #[error("evaluation: {0}")]
    Evaluate(#[from] EvaluationError),
    /// The candidate, as written, is not accepted by the scorer.
    #[error("the candidate: {0}")]
    Model(#[from] ModelError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl From<TrainError> for LearningError {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Cancelled { .. } => Self::Cancelled,
            error => Self::Train(error),
        }
    }
}

impl LearningError {
    pub(crate) fn io<'p>(
        action: &'static str,
        path: &'p Path,
    ) -> impl FnOnce(io::Error) -> Self + 'p {
        move |error| Self::Io {
            action,
            path: path.to_owned(),
            error,
        }
    }

    pub(crate) fn table(path: &Path, reason: impl ToString) -> Self {
        Self::Table {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn parquet<'p>(path: &'p Path) -> impl FnOnce(ParquetError) -> Self + 'p {
        move |error| Self::table(path, error)
    }
}
