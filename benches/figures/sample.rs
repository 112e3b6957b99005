//! The recorded events that everything is measured on: the sample that is in the binary.

use crate::Failure;
use flate2::read::GzDecoder;
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use wikisentry_core::event::{Body, Event};
use wikisentry_core::user::UserType;

const PATH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/testdata/sample/recentchange.jsonl.gz"
);

/// The sample, one event a line.
pub struct Sample {
    /// The events as recorded.
    pub lines: Vec<String>,
    /// Edits among them, each counted once.
    pub edits: u64,
    /// Edits by others than bots, each counted once.
    pub scored: u64,
}

impl Sample {
    pub fn load() -> Result<Self, Failure> {
        let lines = BufReader::new(GzDecoder::new(File::open(PATH)?))
            .lines()
            .collect::<Result<Vec<_>, _>>()?;
        let mut seen = HashSet::new();
        let (mut edits, mut scored) = (0, 0);
        for line in &lines {
            if let Body::Edit(edit) = Event::parse(line.as_bytes())?.body
                && seen.insert(edit.meta_id.to_string())
            {
                edits += 1;
                scored += u64::from(edit.user_type != UserType::Bot);
            }
        }
        Ok(Self {
            lines,
            edits,
            scored,
        })
    }
}
