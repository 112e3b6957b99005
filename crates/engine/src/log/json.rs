//! Records and small values as JSON.

use super::{Log, LogError, Record, Transaction};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wikisentry_core::time::EventTime;

impl Record {
    /// A record whose value is JSON.
    ///
    /// # Panics
    /// If `value` has no JSON form, which only maps with keys that are no strings lack: a record
    /// without its content must not be committed.
    pub fn json(timestamp: EventTime, key: Vec<u8>, value: &impl Serialize) -> Self {
        let value = serde_json::to_vec(value).expect("a record of named fields is always JSON");
        Self {
            timestamp,
            key,
            value,
        }
    }
}

impl Log {
    /// A small value that was put as JSON.
    ///
    /// # Errors
    /// As [`Log::get`], and [`LogError::Corrupt`] if it is not such a value.
    pub fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, LogError> {
        let Some(bytes) = self.get(key)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| self.damaged(format!("the value of `{key}`: {error}")))
    }
}

impl Transaction {
    /// Sets a small value as JSON. Meant for plain structs: maps with keys that are no strings
    /// cannot be JSON, and such a value makes the commit fail with [`LogError::Refused`].
    pub fn put_json(&mut self, key: &str, value: &impl Serialize) {
        match serde_json::to_vec(value) {
            Ok(bytes) => self.put(key, bytes),
            Err(error) => self.refuse(format!("the value of `{key}`"), error.to_string()),
        }
    }
}
