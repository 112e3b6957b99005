//! The window of event ids seen lately, exact over the last N, kept in the log with the records
//! that it guards. It does not decide which events count, only whether an id was seen.

use super::pinned::PinnedIds;
use super::{Log, LogError, Transaction};
use hashbrown::HashTable;
use std::collections::VecDeque;

const PREFIX: &str = "dedupe/";
pub(super) const ID_BYTES: usize = 16;

/// The id of an event from its `meta.id`: a UUID's own bits, else 128-bit FNV-1a of the text.
/// Ids are not secrets and the source is trusted: an adversary who could choose them could collide
/// two, at the cost of one event taken for a duplicate.
pub fn event_id(text: &str) -> u128 {
    match uuid::Uuid::try_parse(text) {
        Ok(uuid) => uuid.as_u128(),
        Err(_) => fnv1a(text.as_bytes()),
    }
}

/// FNV-1a with 128 bits (Fowler, Noll, Vo; draft-eastlake-fnv): offset basis and prime are theirs.
fn fnv1a(bytes: &[u8]) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(BASIS, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(PRIME)
    })
}

/// Remembers the last N event ids, at about 27 bytes each, and carries itself along in the
/// transactions of the log: [`stage`](Self::stage) adds one small value a commit.
///
/// If a commit fails, commit a clone of the same transaction again: it carries the ids. If the
/// transaction is given up instead, [`load`](Self::load) the window again: it then holds what the
/// log holds.
pub struct DedupeWindow {
    capacity: usize,
    /// Ring of ids: the id number `n` (from 0) is at `n % capacity`.
    ring: Vec<u128>,
    /// Places in `ring`, found by id.
    places: HashTable<u32>,
    inserted: u64,
    /// How many of `inserted` have been staged.
    staged: u64,
    /// Values in the log, oldest first: number in the key, and the id number at which it ends.
    chunks: VecDeque<(u64, u64)>,
    next_chunk: u64,
    pinned: PinnedIds,
}

impl DedupeWindow {
    /// The window that `log` holds, reduced to its last `capacity` ids (at least 1).
    ///
    /// # Errors
    /// As [`Log::scan`]; [`LogError::Corrupt`] if what is stored is no list of ids.
    pub fn load(log: &Log, capacity: usize) -> Result<Self, LogError> {
        let capacity = capacity.clamp(1, u32::MAX as usize);
        let mut window = Self {
            capacity,
            ring: Vec::new(),
            places: HashTable::new(),
            inserted: 0,
            staged: 0,
            chunks: VecDeque::new(),
            next_chunk: 0,
            pinned: PinnedIds::load(log, capacity)?,
        };
        for (key, value) in log.scan(PREFIX)? {
            let ids = ids_of(log, &key, &value)?;
            let Ok(number) = u64::from_str_radix(&key[PREFIX.len()..], 16) else {
                return Err(no_list(log, &key));
            };
            for id in ids {
                window.remember(id);
            }
            window.chunks.push_back((number, window.inserted));
            window.next_chunk = number + 1;
        }
        window.staged = window.inserted;
        Ok(window)
    }

    /// Remembers `id`; false if it is among the last N already, or pinned. A repetition does not make
    /// an id younger.
    pub fn insert(&mut self, id: u128) -> bool {
        !self.pinned.has(id) && self.remember(id)
    }

    fn remember(&mut self, id: u128) -> bool {
        let hash = hash(id);
        if self
            .places
            .find(hash, |place| self.ring[*place as usize] == id)
            .is_some()
        {
            return false;
        }
        let place = (self.inserted % self.capacity as u64) as usize;
        match self.ring.get_mut(place) {
            None => self.ring.push(id),
            Some(oldest) => {
                let gone = std::mem::replace(oldest, id);
                if let Ok(entry) = self
                    .places
                    .find_entry(self::hash(gone), |found| *found as usize == place)
                {
                    entry.remove();
                }
            }
        }
        let ring = &self.ring;
        self.places.insert_unique(hash, place as u32, |place| {
            self::hash(ring[*place as usize])
        });
        self.inserted += 1;
        true
    }

    /// Adds to `transaction` what was inserted since the last call, and deletes what has left the
    /// window. Call once for each transaction, after the last insertion that it covers.
    pub fn stage(&mut self, transaction: &mut Transaction) {
        let oldest = self.inserted.saturating_sub(self.capacity as u64);
        if self.staged < self.inserted {
            let ids: Vec<u8> = (self.staged.max(oldest)..self.inserted)
                .flat_map(|n| self.ring[(n % self.capacity as u64) as usize].to_be_bytes())
                .collect();
            transaction.put(key(self.next_chunk), ids);
            self.chunks.push_back((self.next_chunk, self.inserted));
            self.next_chunk += 1;
            self.staged = self.inserted;
        }
        while let Some((number, _)) = self.chunks.pop_front_if(|(_, end)| *end <= oldest) {
            transaction.delete(key(number));
        }
        self.pinned.stage(transaction);
    }

    /// Ids remembered now, at most the capacity.
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// True if nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }
}

/// The ids in a value of the log.
pub(super) fn ids_of(
    log: &Log,
    key: &str,
    value: &[u8],
) -> Result<impl Iterator<Item = u128>, LogError> {
    let (ids, rest) = value.as_chunks::<ID_BYTES>();
    match rest {
        [] => Ok(ids.iter().map(|id| u128::from_be_bytes(*id))),
        _ => Err(no_list(log, key)),
    }
}

fn no_list(log: &Log, key: &str) -> LogError {
    log.damaged(None, format!("`{key}` is no list of event ids"))
}

fn key(number: u64) -> String {
    format!("{PREFIX}{number:016x}")
}

/// Ids are random or hashes already; a multiplication spreads those that differ in few bits.
fn hash(id: u128) -> u64 {
    let folded = (id >> 64) as u64 ^ (id as u64).rotate_left(32);
    let product = u128::from(folded) * 0x9e37_79b9_7f4a_7c15;
    (product >> 64) as u64 ^ product as u64
}
