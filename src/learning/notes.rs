//! What a retraining notes about itself: a file of lines that others can follow while it goes on,
//! and that says afterwards what came of it. Only the process that holds the lock writes it, from
//! after it took the lock to before it lets go of it.

use super::attempt::Attempt;
use crate::error::{ExpectedError, Result};
use crate::state::{StateDir, unwritable};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use wikisentry_core::time::EventTime;
use wikisentry_lake::clock;
use wikisentry_lake::file::open_own;
use wikisentry_learning::{RetrainEvent, Retrained};

/// Bytes of notes that are read at most; a retraining writes some 100 kB.
const MOST: u64 = 64 << 20;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "lowercase")]
pub enum Note {
    Began {
        time: EventTime,
        pid: u32,
        /// Whether the schedule began it, so that it may find too little that is new.
        #[serde(default)]
        scheduled: bool,
    },
    Went {
        #[serde(flatten)]
        event: RetrainEvent,
    },
    Ended {
        time: EventTime,
        answer: Answer,
    },
}

/// What a retraining answers: to its own process and to all that follow it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A candidate was made and judged.
    Judged(Box<Retrained>),
    /// There was too little to learn from.
    TooLittle(ExpectedError),
    /// There is no candidate for another reason.
    Failed(ExpectedError),
}

impl Answer {
    /// Whether there is a candidate.
    pub fn is_judged(&self) -> bool {
        matches!(self, Self::Judged(_))
    }
}

/// The notes of one retraining, open for writing.
#[derive(Debug)]
pub struct Notes {
    file: File,
}

impl Notes {
    /// Starts a new file; the notes of the retraining before are gone. Readers see the old file or
    /// the new one with its first line.
    pub fn begin(state: &StateDir, scheduled: bool) -> Result<Self> {
        state.create()?;
        let (path, beside) = (path(state), path(state).with_extension("new"));
        let failed = |error| unwritable(&path, &error);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let file = open_own(&beside, &mut options).map_err(failed)?;
        let notes = Self { file };
        notes.add(&Note::Began {
            time: clock::now(),
            pid: std::process::id(),
            scheduled,
        });
        std::fs::rename(&beside, &path).map_err(failed)?;
        Ok(notes)
    }

    /// Adds a line. They are for those who look on: one that cannot be written is left out.
    pub fn add(&self, note: &Note) {
        let mut line =
            serde_json::to_vec(note).expect("a note has no map with other keys than texts");
        line.push(b'\n');
        if let Err(error) = (&self.file).write_all(&line) {
            tracing::warn!("the retraining's notes: {error}");
        }
    }
}

/// The last retraining, or the one that goes on; `None` if there never was one.
pub fn last_attempt(state: &StateDir) -> Option<Attempt> {
    let file = open_own(&path(state), OpenOptions::new().read(true)).ok()?;
    // A line that is being written is left for the next time.
    let notes = BufReader::new(file.take(MOST))
        .lines()
        .map_while(|line| serde_json::from_str(&line.ok()?).ok());
    Attempt::of(notes)
}

fn path(state: &StateDir) -> PathBuf {
    state.run().join("retrain.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wikisentry_learning::Phase;

    #[test]
    fn an_attempt_is_known_from_its_beginning_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        assert_eq!(last_attempt(&state), None);
        let notes = Notes::begin(&state, true).unwrap();
        let event = RetrainEvent::Progress {
            phase: Phase::Train,
            done: 3,
            total: 9,
            unit: "trees".to_owned(),
            note: Some("log loss 0.2".to_owned()),
        };
        notes.add(&Note::Went {
            event: event.clone(),
        });
        let attempt = last_attempt(&state).unwrap();
        assert_eq!(attempt.events, [event]);
        assert_eq!(attempt.phase(), Some(Phase::Train));
        assert!(attempt.scheduled && attempt.ended.is_none());

        let answer = Answer::TooLittle(ExpectedError::preflight("too little"));
        let time = clock::now();
        notes.add(&Note::Ended {
            time,
            answer: answer.clone(),
        });
        assert_eq!(last_attempt(&state).unwrap().ended, Some((time, answer)));
        Notes::begin(&state, false).unwrap();
        let next = last_attempt(&state).unwrap();
        assert!(!next.scheduled && next.ended.is_none() && next.events.is_empty());
    }

    #[test]
    fn what_is_half_written_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        let notes = Notes::begin(&state, false).unwrap();
        (&notes.file)
            .write_all(br#"{"line":"ended","time":"#)
            .unwrap();
        assert_eq!(last_attempt(&state).unwrap().ended, None);
    }
}
