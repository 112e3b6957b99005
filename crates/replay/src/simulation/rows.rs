//! Reads labelled edits, one JSON object a line. Fields that would not be known at the time of the
//! edit, such as what reverted it, are not read.

use serde::Deserialize;
use wikisentry_core::time::EventTime;

use super::error::SimulationError;
use crate::source::ReplaySource;

/// A labelled edit as it is in the file.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Row {
    /// The set it is from; each has its own span of time.
    pub source: String,
    pub wiki: String,
    pub rev_id: i64,
    pub old_rev_id: Option<i64>,
    pub page_id: Option<i64>,
    pub title: String,
    pub user: String,
    pub comment: Option<String>,
    pub timestamp: EventTime,
    pub length_old: Option<i64>,
    pub length_new: Option<i64>,
    #[serde(deserialize_with = "zero_or_one")]
    pub label: bool,
}

impl Row {
    /// Why no event can be made of it.
    fn fault(&self) -> Option<&'static str> {
        /// The largest id that Wikimedia's schemas allow.
        const MAX_ID: i64 = (1 << 53) - 1;
        let names = [&self.wiki, &self.title, &self.user];
        if names.iter().any(|name| name.is_empty()) {
            return Some("wiki, title and user must not be empty");
        }
        let ids = [Some(self.rev_id), self.old_rev_id, self.page_id];
        let is_id = |id: i64| (0..=MAX_ID).contains(&id);
        (!ids.into_iter().flatten().all(is_id)).then_some("an id must be from 0 to 2^53 - 1")
    }
}

/// Reads all rows, in the order of the file.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Row>, SimulationError> {
    let source = ReplaySource::from_bytes("labelled edits", bytes)?;
    let rows = source.lines().enumerate().map(|(at, line)| {
        let row: Row = serde_json::from_slice(line).map_err(|cause| SimulationError::Row {
            line: at + 1,
            cause,
        })?;
        match row.fault() {
            Some(what) => Err(SimulationError::Unusable { line: at + 1, what }),
            None => Ok(row),
        }
    });
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    match rows.is_empty() {
        true => Err(SimulationError::Empty),
        false => Ok(rows),
    }
}

fn zero_or_one<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match u8::deserialize(from)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(serde::de::Error::custom(format_args!(
            "label {other} is neither 0 nor 1"
        ))),
    }
}
