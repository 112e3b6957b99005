//! The learning loop of the embedded platform: what was reverted becomes labels, labels and
//! archived edits become a data set, the data set a candidate, and the candidate the champion if it
//! is better. It runs beside the pipeline, not in it: all it shares with it are files.

mod dataset;
mod error;
mod event;
mod judging;
mod labelling;
mod lock;
mod provenance;
mod refit;
mod retrain;
mod settings;
#[cfg(test)]
mod tests;
mod training;

pub use dataset::{
    Dataset, DatasetManifest, DatasetOptions, DatasetPass, LeftOut, Part, PartSummary, PassOptions,
    PassReport, Row, Spans, Split,
};
pub use error::LearningError;
pub use event::{Observer, Phase, RetrainEvent};
pub use labelling::{LabelReport, label};
pub use lock::{RetrainLock, is_busy};
pub use retrain::{RetrainSettings, Retrained, refusal, retrain};
pub use settings::LearningSettings;
