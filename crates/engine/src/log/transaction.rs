//! What one commit changes: records appended, small values put and deleted, all or nothing.

use super::batch::{MAX_RECORD_BYTES, Record, Run};
use super::error::LogError;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wikisentry_core::topic::Topic;

/// Keys are at most this long, in bytes.
const MAX_KEY_BYTES: usize = 1024;

/// Changes to commit together. A clone is cheap (records are shared) and is the *same*
/// transaction: keep one, and after [`LogError::Io`] commit it again. Whatever became of the
/// first attempt, the log then holds the changes exactly once.
#[derive(Debug, Clone)]
pub struct Transaction {
    pub(super) id: u64,
    pub(super) runs: Vec<(Topic, Arc<Run>)>,
    pub(super) state: BTreeMap<String, Option<Vec<u8>>>,
    refused: Option<(String, String)>,
}

impl Default for Transaction {
    fn default() -> Self {
        Self::new()
    }
}

impl Transaction {
    /// A transaction that changes nothing yet.
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            runs: Vec::new(),
            state: BTreeMap::new(),
            refused: None,
        }
    }

    /// Appends a record to a topic. Records of a topic get consecutive offsets in the order in
    /// which they are appended. A record over 32 MiB makes the commit fail with
    /// [`LogError::Refused`].
    pub fn append(&mut self, topic: Topic, record: Record) {
        let bytes = record.key.len() + record.value.len();
        if bytes > MAX_RECORD_BYTES {
            self.refuse(
                format!("a record of {topic}"),
                format!("{bytes} bytes are more than {MAX_RECORD_BYTES}"),
            );
            return;
        }
        let open = self.runs.iter_mut().rev().find(|(of, _)| *of == topic);
        match open {
            Some((_, run)) if run.has_room(&record) => Arc::make_mut(run).push(&record),
            _ => {
                let mut run = Run::default();
                run.push(&record);
                self.runs.push((topic, Arc::new(run)));
            }
        }
    }

    /// Sets a small value; the last change to a key counts. Keys are 1 to 1024 bytes.
    pub fn put(&mut self, key: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.change(key.into(), Some(value.into()));
    }

    /// Sets a small value as JSON. Meant for plain structs: maps with keys that are no strings
    /// cannot be JSON, and such a value makes the commit fail with [`LogError::Refused`].
    pub fn put_json(&mut self, key: &str, value: &impl Serialize) {
        match serde_json::to_vec(value) {
            Ok(bytes) => self.put(key, bytes),
            Err(error) => self.refuse(format!("the value of `{key}`"), error.to_string()),
        }
    }

    /// Deletes a small value; deleting what is not there changes nothing.
    pub fn delete(&mut self, key: impl Into<String>) {
        self.change(key.into(), None);
    }

    /// True if a commit would change nothing.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.state.is_empty()
    }

    fn change(&mut self, key: String, value: Option<Vec<u8>>) {
        let bytes = value.as_ref().map_or(0, Vec::len);
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            let why = format!(
                "it has {} bytes; 1 to {MAX_KEY_BYTES} are allowed",
                key.len()
            );
            self.refuse(format!("key `{:.40}`", key), why);
        } else if bytes > MAX_RECORD_BYTES {
            self.refuse(
                format!("the value of `{key}`"),
                format!("{bytes} bytes are more than {MAX_RECORD_BYTES}"),
            );
        } else {
            self.state.insert(key, value);
        }
    }

    fn refuse(&mut self, what: String, why: String) {
        self.refused.get_or_insert((what, why));
    }

    pub(super) fn check(&self) -> Result<(), LogError> {
        match &self.refused {
            Some((what, why)) => Err(LogError::Refused {
                what: what.clone(),
                why: why.clone(),
            }),
            None => Ok(()),
        }
    }
}
