//! Which edits the fitted parts of a model have seen: its trees, its calibration, and the weights of
//! the feature `text_risk`, which are fitted on labelled edits too. A model proves nothing on edits
//! that any part of it has seen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The part that grows with each retraining.
pub const TREES: &str = "trees";
/// What makes margins probabilities.
pub const CALIBRATION: &str = "calibration";
/// The weights of the feature of that name.
pub const TEXT_RISK: &str = "text_risk";

/// What each fitted part of a model has seen, by the name of the part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Provenance {
    pub parts: BTreeMap<String, Seen>,
}

/// What one part has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Edits of the feed, and of labelled sets, by the times at which they were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<SeenRange>,
    /// Labelled sets, each row of which it may have seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<SeenSet>,
}

/// A range of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRange {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// A labelled set of rows with ids of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenSet {
    pub name: String,
    /// Of the file, in hexadecimal.
    pub sha256: String,
    pub rows: u64,
}

impl Provenance {
    /// The part that has seen the newest edits, and their time; `None` if nothing is known.
    pub fn newest(&self) -> Option<(&str, Timestamp)> {
        let parts = self.parts.iter();
        let ends = parts.flat_map(|(name, seen)| {
            let ends = seen.ranges.iter();
            ends.map(move |range| (name.as_str(), range.to))
        });
        // Of several with the same end the first by name.
        ends.rev().max_by_key(|(_, to)| *to)
    }

    /// The names of the labelled sets that any part has seen.
    pub fn sets(&self) -> impl Iterator<Item = &str> {
        let all = self.parts.values().flat_map(|seen| &seen.sets);
        all.map(|set| set.name.as_str())
    }
}
