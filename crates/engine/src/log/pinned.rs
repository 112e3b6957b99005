//! Ids that are recognised however many others come between: those of a stretch of the stream that is
//! read again. They are forgotten once the stream is past it.

use super::dedupe::{ID_BYTES, ids_of};
use super::{Log, LogError, Transaction};

const PREFIX: &str = "pinned/";
/// Ids in one value of the log.
const CHUNK: usize = 1 << 16;

/// A sorted list, at 16 bytes an id.
pub(super) struct PinnedIds {
    ids: Vec<u128>,
    /// Ids that came since one of these did.
    strangers: u64,
    /// So many of them show that the stream is past the stretch.
    limit: u64,
    keys: Vec<String>,
}

impl PinnedIds {
    /// What the log holds. After more than `least` new ids in a row, and more than there are in the
    /// list, it is forgotten.
    pub(super) fn load(log: &Log, least: usize) -> Result<Self, LogError> {
        let (mut ids, mut keys) = (Vec::new(), Vec::new());
        for (key, value) in log.scan(PREFIX)? {
            ids.extend(ids_of(log, &key, &value)?);
            keys.push(key);
        }
        // Written in order; the keys are too.
        Ok(Self {
            strangers: 0,
            limit: ids.len().max(least) as u64,
            ids,
            keys,
        })
    }

    /// Whether an id is in the list.
    pub(super) fn has(&mut self, id: u128) -> bool {
        let is_known = self.ids.binary_search(&id).is_ok();
        match is_known {
            true => self.strangers = 0,
            false => self.strangers += 1,
        }
        is_known
    }

    /// Deletes the list from the log if the stream is past it.
    pub(super) fn stage(&mut self, transaction: &mut Transaction) {
        if self.strangers > self.limit {
            self.ids = Vec::new();
            for key in self.keys.drain(..) {
                transaction.delete(key);
            }
        }
    }
}

/// Adds ids to a transaction that the window is to recognise beyond its capacity; says how many
/// different ones they are. Of a log without such ids only.
pub fn pin(mut ids: Vec<u128>, transaction: &mut Transaction) -> u64 {
    ids.sort_unstable();
    ids.dedup();
    for (number, chunk) in ids.chunks(CHUNK).enumerate() {
        let mut value = Vec::with_capacity(chunk.len() * ID_BYTES);
        for id in chunk {
            value.extend_from_slice(&id.to_be_bytes());
        }
        transaction.put(format!("{PREFIX}{number:08x}"), value);
    }
    ids.len() as u64
}
