//! What a longer work tells the terminal about itself: the only contract between doing and showing.

use crate::amounts::bytes as bytes_of;
use std::time::Duration;
use wikisentry_driver::converge::Work;

/// Hears of a longer work.
pub type OnStage<'a> = &'a (dyn Fn(StageEvent) + Send + Sync);

/// One step of a longer work, as it goes along.
#[derive(Debug, Clone, PartialEq)]
pub enum StageEvent {
    /// The stage began.
    Started {
        /// Its name, in the imperative or as a noun: `open the log`.
        stage: String,
    },
    /// It came further.
    Progress {
        /// Which stage.
        stage: String,
        /// What is counted, such as `trees`.
        unit: String,
        /// Done.
        done: u64,
        /// In all.
        total: u64,
        /// What is to be said beside it.
        note: Option<String>,
    },
    /// It is at work on a part of itself that says what it does.
    Working {
        /// Which stage.
        stage: String,
        /// The part.
        step: String,
        /// The last line that the part wrote; may come from a program of others.
        line: Option<String>,
    },
    /// It cannot go on by itself and waits for something outside.
    Waiting {
        /// Which stage.
        stage: String,
        /// What it waits for, and what the user may do.
        why: String,
    },
    /// Something works that may not be meant.
    Warning {
        /// What.
        what: String,
    },
    /// It ended.
    Finished {
        /// Which stage.
        stage: String,
        /// Time since it began.
        elapsed: Duration,
        /// How it ended.
        outcome: Outcome,
    },
}

/// How a stage ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It did its work.
    Done,
    /// It did its work, and this came of it.
    Told(String),
    /// There was nothing to do.
    Unchanged,
    /// It failed; the command's error says why.
    Failed,
}

impl StageEvent {
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
