//! Merging the many small files of an hour into one where the lake lies in an object store, beside a
//! Flink that goes on writing. A store has neither a rename nor a change of two objects in one step, so:
//!
//! 1. The merged file is made in memory: the rows are at hand before anything is changed.
//! 2. The **claim** is put ([`claim`]): which files become which. It is one object, replaced only if it
//!    is as it was read, so that of all compactions of the lake one at a time is past this step.
//! 3. The merged file is put, under a name that was never used, with the names of what it replaces in
//!    its metadata. From here on these are replaced: our readers pass over a file that another of the
//!    hour names ([`live`](super::live)). Others see rows twice until step 4.
//! 4. What is replaced is removed, in one request for a thousand files.
//! 5. The claim is withdrawn.
//!
//! Killed before 2, nothing happened. Killed later, the next compaction finds the claim and either goes
//! on with step 4, or makes a merged file of its own that replaces the same files *and* the name of the
//! one that never came ([`takeover`](StoreCompactor::takeover)): should that be put after all, by a process that
//! was only slow, it is replaced already. A file that names another always has all rows of it, and a
//! file is removed only once one that names it is there: so no step and no order of steps loses a row.
//!
//! Flink looks, after a failure, for the files that it had committed with its last checkpoint, and does
//! not start without them. A file is therefore left alone until another was written an hour later, which
//! shows that many checkpoints came after it ([`look`]).

mod claim;
mod look;
mod merge;

pub use look::{Due, Look};

use super::compact::Compaction;
use super::lake::{Lake, folder};
use super::parquet_file::{self, merged_name, merged_of};
use super::partition::Partition;
use crate::error::LakeError;
use crate::storage::{Bucket, Key, Storage};
use claim::{Claim, Noted};
use merge::Merged;
use std::thread;
use std::time::{Duration, Instant};

/// How long a claim of somebody else must stay as it is until he counts as killed; a merged file is at
/// hand before its claim, and is put within seconds.
const PATIENCE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(250);
/// After so much time Flink has made checkpoints that do not know a file any more, and has not gone back
/// to a savepoint before it.
const SETTLED: Duration = Duration::from_secs(60 * 60);
/// So often others may be faster.
const ATTEMPTS: usize = 20;

/// Merges small files of a lake in an object store. Several may work on one lake at the same time.
pub struct StoreCompactor {
    lake: Lake,
    max_files: usize,
    patience: Duration,
    settled_after: Duration,
}

/// What [`StoreCompactor::run`] tells of its work.
#[derive(Debug)]
pub enum Told<'a> {
    /// What is to be done.
    Found(&'a Look),
    /// An hour that another compaction had begun and not ended.
    Recovered(Partition),
    /// An hour that was done.
    Compacted(&'a Compaction),
    /// An hour that stays as it is, since a file of it cannot be read.
    Skipped(Partition, &'a LakeError),
}

impl StoreCompactor {
    /// Merges the small files of hours that have more than `max_files` of them. `None` if the lake lies
    /// in a folder, where its archiver does that.
    pub fn of(lake: &Lake, max_files: usize) -> Option<Self> {
        lake.storage().bucket()?;
        Some(Self {
            lake: lake.clone(),
            max_files: max_files.max(1),
            patience: PATIENCE,
            settled_after: SETTLED,
        })
    }

    /// How much later Flink must have written another file until one may be replaced, an hour unless it
    /// is set. Shorter is for lakes that no Flink writes to any more.
    #[must_use]
    pub fn settled_after(mut self, settled_after: Duration) -> Self {
        self.settled_after = settled_after;
        self
    }

    /// Ends what another compaction left, then merges all hours that are due, the oldest first. May be
    /// killed at any moment and run again, also at the same time.
    ///
    /// # Errors
    /// If the store fails; hours that were done stay so. An hour with a file that cannot be read is
    /// skipped, unless a claim is on it.
    pub fn run(&self, told: &mut dyn FnMut(&Told<'_>)) -> Result<(), LakeError> {
        if let Some(partition) = self.recover()? {
            told(&Told::Recovered(partition));
        }
        let look = self.look()?;
        told(&Told::Found(&look));
        for due in &look.hours {
            loop {
                match self.compact(due) {
                    Ok(Some(compaction)) => told(&Told::Compacted(&compaction)),
                    Ok(None) => break,
                    Err(error) if error.damaged_file().is_some() => {
                        told(&Told::Skipped(due.partition, &error));
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// Merges small files of an hour, as many as fit into one; `None` if there are too few of them, as
    /// when somebody else has merged them.
    ///
    /// # Errors
    /// If the store fails, or a file cannot be read.
    pub fn compact(&self, due: &Due) -> Result<Option<Compaction>, LakeError> {
        for _ in 0..ATTEMPTS {
            self.recover()?;
            let noted = claim::read(self.storage())?;
            if noted.claim.is_some() {
                continue;
            }
            let chosen = match self.choose(due) {
                // Somebody else compacts the hour.
                Err(error) if error.is_not_found() => continue,
                chosen => chosen?,
            };
            self.bucket().remove(&chosen.replaced)?;
            if chosen.files.len() <= self.max_files {
                return Ok(None);
            }
            let merged = match Merged::of(self.storage(), &chosen.files, &[]) {
                Err(error) if error.is_not_found() => continue,
                merged => merged?,
            };
            if merged.inputs.len() < 2 {
                return Ok(None);
            }
            let claim = Claim::new(due.partition, &merged, Vec::new());
            if claim::replace(self.storage(), &noted, Some(&claim))? {
                self.carry_out(&claim, &merged)?;
                return Ok(Some(merged.compaction(due.partition, chosen.bytes)));
            }
        }
        Err(self.busy())
    }

    /// Ends what a claim says, unless who put it does so himself; the hour that it was about.
    ///
    /// # Errors
    /// If the store fails, or a file that the claim is on cannot be read.
    pub fn recover(&self) -> Result<Option<Partition>, LakeError> {
        for _ in 0..ATTEMPTS {
            let noted = claim::read(self.storage())?;
            let Some(claim) = &noted.claim else {
                return Ok(None);
            };
            if self.is_carried_out(&noted)? {
                continue;
            }
            if self.bucket().exists(&claim.key(&claim.target))? {
                self.end(claim)?;
                return Ok(Some(claim.partition));
            }
            if self.takeover(claim, &noted)? {
                return Ok(Some(claim.partition));
            }
        }
        Err(self.busy())
    }

    /// Waits for who put a claim, for as long as patience lasts; whether it changed.
    fn is_carried_out(&self, noted: &Noted) -> Result<bool, LakeError> {
        let until = Instant::now() + self.patience;
        while Instant::now() < until {
            thread::sleep(POLL);
            if claim::read(self.storage())?.nonce != noted.nonce {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Does a claim's work whose merged file is not there; `false` if it came, or the claim changed.
    fn takeover(&self, claim: &Claim, noted: &Noted) -> Result<bool, LakeError> {
        let came = |names: &[String]| -> Result<Option<Key>, LakeError> {
            for name in names {
                let key = claim.key(name);
                if self.bucket().exists(&key)? {
                    return Ok(Some(key));
                }
            }
            Ok(None)
        };
        let mut sources: Vec<Key> = Vec::new();
        match came(&claim.abandoned)? {
            // One that was given up and came late has all rows; of the files it replaces, some may be gone.
            Some(late) => sources.push(late),
            None => {
                for name in &claim.inputs {
                    let key = claim.key(name);
                    if self.bucket().exists(&key)? {
                        sources.push(key);
                    } else if came(&claim.abandoned)?.is_some()
                        || self.bucket().exists(&claim.key(&claim.target))?
                    {
                        return Ok(false);
                    }
                    // Else somebody has removed it by hand.
                }
            }
        }
        let mut abandoned = claim.abandoned.clone();
        abandoned.push(claim.target.clone());
        if sources.is_empty() {
            return claim::replace(self.storage(), noted, None);
        }
        let mut names = claim.inputs.clone();
        names.extend(abandoned.iter().cloned());
        let merged = match Merged::of(self.storage(), &sources, &names) {
            Err(error) if error.is_not_found() => return Ok(false),
            merged => merged?,
        };
        if merged.inputs.len() < sources.len() {
            return Err(LakeError::Claim(format!(
                "files of {} that become one have more rows than one may have",
                claim.partition
            )));
        }
        let mut next = Claim::new(claim.partition, &merged, abandoned);
        next.inputs.extend(claim.inputs.iter().cloned());
        next.inputs.sort_unstable();
        next.inputs.dedup();
        if !claim::replace(self.storage(), noted, Some(&next))? {
            return Ok(false);
        }
        self.carry_out(&next, &merged)?;
        Ok(true)
    }

    /// Steps 3 to 5 of a claim that was put.
    fn carry_out(&self, claim: &Claim, merged: &Merged) -> Result<(), LakeError> {
        let target = claim.key(&claim.target);
        let is_new = self.storage().put_new(&target, &merged.bytes)?;
        // The answer to a first attempt may have been lost.
        if !is_new && self.storage().is_same(&target, &merged.bytes)? != Some(true) {
            return Err(LakeError::Claim(format!(
                "`{}` is there already, with other content",
                self.storage().path(&target).display()
            )));
        }
        self.end(claim)
    }

    /// Steps 4 and 5, once the merged file is there.
    fn end(&self, claim: &Claim) -> Result<(), LakeError> {
        let replaced = claim.inputs.iter().chain(&claim.abandoned);
        let replaced: Vec<Key> = replaced.map(|name| claim.key(name)).collect();
        self.bucket().remove(&replaced)?;
        let noted = claim::read(self.storage())?;
        if noted.claim.as_ref() == Some(claim) {
            // Otherwise somebody else has withdrawn it.
            claim::replace(self.storage(), &noted, None)?;
        }
        Ok(())
    }

    fn busy(&self) -> LakeError {
        LakeError::Claim(
            "others compact the same hours; run it again once they are done".to_owned(),
        )
    }

    fn storage(&self) -> &Storage {
        self.lake.storage()
    }

    fn bucket(&self) -> Bucket<'_> {
        let bucket = self.storage().bucket();
        bucket.expect("a compactor is made for a store only")
    }
}

#[cfg(test)]
mod tests;
