//! What a retraining notes about itself: a file of lines that others can follow while it goes on,
//! and that says afterwards what came of it.

use crate::error::Result;
use crate::state::{StateDir, unwritable};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use wikisentry_core::time::EventTime;
use wikisentry_lake::clock;
use wikisentry_learning::RetrainEvent;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "lowercase")]
pub enum Note {
    Began {
        time: EventTime,
        pid: u32,
    },
    Went {
        #[serde(flatten)]
        event: RetrainEvent,
    },
    Ended {
        time: EventTime,
        outcome: Ended,
    },
}

/// What came of a retraining.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Ended {
    /// The candidate became the champion.
    Promoted { version: u32 },
    /// The candidate was no better.
    Kept { version: u32, reason: String },
    /// There is no candidate.
    Failed { reason: String },
}

/// The notes of one retraining, open for writing.
#[derive(Debug)]
pub struct Notes {
    file: File,
}

impl Notes {
    /// Starts a new file; the notes of the retraining before are gone.
    pub fn begin(state: &StateDir) -> Result<Self> {
        state.create()?;
        let path = path(state);
        let file = File::create(&path).map_err(|error| unwritable(&path, &error))?;
        let notes = Self { file };
        notes.add(&Note::Began {
            time: clock::now(),
            pid: std::process::id(),
        });
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

/// The notes of the last retraining, or of the one that goes on, from a line on; none if there
/// never was one. A line that is being written is left for the next time.
pub fn read(state: &StateDir, from: usize) -> Vec<Note> {
    let Ok(file) = File::open(path(state)) else {
        return Vec::new();
    };
    let lines = BufReader::new(file).lines().skip(from);
    let notes = lines.map_while(|line| serde_json::from_str(&line.ok()?).ok());
    notes.collect()
}

/// When the last retraining ended, and how.
pub fn last_ended(state: &StateDir) -> Option<(EventTime, Ended)> {
    match read(state, 0).pop()? {
        Note::Ended { time, outcome } => Some((time, outcome)),
        Note::Began { .. } | Note::Went { .. } => None,
    }
}

fn path(state: &StateDir) -> PathBuf {
    state.run().join("retrain.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wikisentry_learning::Phase;

    #[test]
    fn who_follows_sees_every_line_and_the_end_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        assert_eq!(read(&state, 0), []);
        let notes = Notes::begin(&state).unwrap();
        let went = Note::Went {
            event: RetrainEvent::Progress {
                phase: Phase::Train,
                done: 3,
                total: 9,
                unit: "trees".to_owned(),
                note: Some("log loss 0.2".to_owned()),
            },
        };
        notes.add(&went);
        assert_eq!(read(&state, 1), [went]);
        assert_eq!(last_ended(&state), None);
        let outcome = Ended::Kept {
            version: 2,
            reason: "no better".to_owned(),
        };
        let time = clock::now();
        notes.add(&Note::Ended {
            time,
            outcome: outcome.clone(),
        });
        assert_eq!(last_ended(&state), Some((time, outcome)));
        Notes::begin(&state).unwrap();
        assert_eq!(last_ended(&state), None);
    }
}
