//! The one note that all compactions of a lake share: what one of them is about to replace. It is
//! written only in the place of what was read, so that it tells of one compaction at a time.

use super::merge::Merged;
use super::{folder, merged_name};
use crate::archive::partition::Partition;
use crate::error::LakeError;
use crate::storage::{Key, Seen, Storage};
use serde::{Deserialize, Serialize};

/// Where it is; not below `edits`, where readers look.
const KEY: &str = "compaction/edits.json";
const MOST_BYTES: u64 = 1 << 20;
/// Of its form; who meets a later one leaves everything as it is.
const VERSION: u32 = 1;

/// Files of an hour that become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) partition: Partition,
    /// The name of the merged file, which no other ever had.
    pub(super) target: String,
    /// The names of the files that are replaced.
    pub(super) inputs: Vec<String>,
    /// Names of merged files of these that never came, and are replaced by this one should they come.
    /// The oldest first: where one is gone, a later one was there before it went.
    pub(super) abandoned: Vec<String>,
}

/// The note as it is stored.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Stored {
    version: u32,
    /// Another in every note: stores compare notes by a hash of their bytes.
    nonce: u64,
    claim: Option<StoredClaim>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredClaim {
    partition: String,
    target: String,
    inputs: Vec<String>,
    abandoned: Vec<String>,
}

/// The note as it was read.
#[derive(Debug)]
pub(super) struct Noted {
    seen: Option<Seen>,
    /// Tells it from every other; 0 if there is none yet.
    pub(super) nonce: u64,
    pub(super) claim: Option<Claim>,
}

impl Claim {
    pub(super) fn new(partition: Partition, merged: &Merged, abandoned: Vec<String>) -> Self {
        Self {
            partition,
            target: merged_name(rand::random()),
            inputs: merged.inputs.clone(),
            abandoned,
        }
    }

    /// Where a file of the hour is.
    pub(super) fn key(&self, name: &str) -> Key {
        folder(self.partition).join(name)
    }
}

/// Reads the note; the bucket need not have one yet.
pub(super) fn read(storage: &Storage) -> Result<Noted, LakeError> {
    let key = Key::from(KEY);
    let seen = storage.read(&key, MOST_BYTES)?;
    let wrong = |why: &dyn std::fmt::Display| {
        let path = storage.path(&key);
        LakeError::Claim(format!("`{}` cannot be read: {why}", path.display()))
    };
    let stored: Stored = match &seen {
        None => Stored::default(),
        Some(seen) => serde_json::from_slice(&seen.bytes).map_err(|error| wrong(&error))?,
    };
    if stored.version > VERSION {
        return Err(wrong(&"a later version of this program wrote it"));
    }
    let claim = stored.claim.map(|claim| -> Result<Claim, LakeError> {
        let partition = Partition::parse_path(&claim.partition);
        Ok(Claim {
            partition: partition.ok_or_else(|| wrong(&"it names no hour"))?,
            target: claim.target,
            inputs: claim.inputs,
            abandoned: claim.abandoned,
        })
    });
    Ok(Noted {
        seen,
        nonce: stored.nonce,
        claim: claim.transpose()?,
    })
}

/// Writes a claim, or that there is none, in the place of what was read; `false` if that is there no more.
pub(super) fn replace(
    storage: &Storage,
    noted: &Noted,
    claim: Option<&Claim>,
) -> Result<bool, LakeError> {
    let stored = Stored {
        version: VERSION,
        nonce: rand::random(),
        claim: claim.map(|claim| StoredClaim {
            partition: claim.partition.to_string(),
            target: claim.target.clone(),
            inputs: claim.inputs.clone(),
            abandoned: claim.abandoned.clone(),
        }),
    };
    let json = serde_json::to_vec(&stored).expect("numbers and texts are always JSON");
    Ok(storage.replace(&Key::from(KEY), noted.seen.as_ref(), &json)?)
}
