//! What a longer work tells the terminal about itself: the only contract between doing and showing.

use crate::amounts::bytes as bytes_of;
use std::time::Duration;
use wikisentry_driver::converge::Work;

/// Hears of a longer work.
pub type OnStage<'a> = &'a (dyn Fn(StageEvent) + Send + Sync);

/// One step of a longer work, as it goes along.
#[derive(Debug, Clone, PartialEq)]
pub enum StageEvent {
    Started {
        /// Its name, in the imperative or as a noun: `open the log`.
        stage: String,
    },
    Progress {
        stage: String,
        /// What is counted, such as `trees`.
        unit: String,
        done: u64,
        total: u64,
        /// What is to be said beside it.
        note: Option<String>,
    },
    /// It is at work on a part of itself that says what it does.
    Working {
        stage: String,
        step: String,
        /// The last line that the part wrote; may come from a program of others.
        line: Option<String>,
    },
    /// It cannot go on by itself and waits for something outside.
    Waiting {
        stage: String,
        /// What it waits for, and what the user may do.
        why: String,
    },
    /// Something works that may not be meant.
    Warning { what: String },
    Finished {
        stage: String,
        elapsed: Duration,
        outcome: Outcome,
    },
}

/// How a stage ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// It did its work, and this came of it.
    Told(String),
    /// There was nothing to do.
    Unchanged,
    /// It failed; the command's error says why.
    Failed,
}

impl StageEvent {
    pub fn started(stage: impl Into<String>) -> Self {
        let stage = stage.into();
        Self::Started { stage }
    }

    pub fn finished(stage: impl Into<String>, elapsed: Duration, outcome: Outcome) -> Self {
        Self::Finished {
            stage: stage.into(),
            elapsed,
            outcome,
        }
    }

    /// Work on a part, in words.
    pub fn working(stage: String, work: Work) -> Self {
        let bytes = work.bytes;
        let bytes = bytes.map(|(done, total)| format!("{} of {}", bytes_of(done), bytes_of(total)));
        Self::Working {
            stage,
            step: work.step,
            line: work.line.or(bytes),
        }
    }
}
