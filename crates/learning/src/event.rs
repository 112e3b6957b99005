//! What is heard of a retraining while it goes on.

use std::ops::ControlFlow;

/// A step of a retraining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Find out what was reverted.
    Label,
    /// Make rows of features.
    Build,
    /// Grow trees until the second part gets no better.
    Train,
    /// Score the newest edits with candidate and champion.
    Evaluate,
    /// Hold the candidate against the champion.
    Decide,
    /// Grow the trees of a better candidate again, on everything up to the present.
    Refit,
    /// Keep the candidate with its card, and make it the champion if it is better.
    Swap,
}

impl Phase {
    /// As people read it.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Label => "label",
            Phase::Build => "build",
            Phase::Train => "train",
            Phase::Evaluate => "evaluate",
            Phase::Decide => "decide",
            Phase::Refit => "refit",
            Phase::Swap => "swap",
        }
    }
}

/// What happens while it goes on.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum RetrainEvent {
    /// Sent before anything of a step is done.
    Started { phase: Phase },
    /// It came further: so many of so many days, files or trees.
    Progress {
        phase: Phase,
        /// Units done, at most `total`.
        done: u64,
        /// Units of the whole step.
        total: u64,
        /// What counts, such as `trees`.
        unit: String,
        /// What is to be said beside it.
        note: Option<String>,
    },
    /// A step ended well, in a line.
    Finished {
        phase: Phase,
        /// What came of it.
        summary: String,
    },
}

impl RetrainEvent {
    /// The step that it is about.
    pub const fn phase(&self) -> Phase {
        match self {
            Self::Started { phase }
            | Self::Progress { phase, .. }
            | Self::Finished { phase, .. } => *phase,
        }
    }
}

/// Hears of what happens, and says whether to go on.
pub type Observer<'o> = dyn FnMut(RetrainEvent) -> ControlFlow<()> + 'o;
