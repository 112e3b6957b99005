//! Keeps the calling thread, and every process it starts meanwhile, on given cores.

use crate::Failure;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The calling thread is pinned while this lives.
pub struct Pinned {
    before: CpuSet,
}

impl Pinned {
    /// On the `count` cores from the `first`, counting those that this process may use. Fails
    /// where there are not as many: two things pinned to one core would slow each other down.
    pub fn to_cores(first: usize, count: usize) -> Result<Self, Failure> {
        let before = sched_getaffinity(None)?;
        let allowed = (0..CpuSet::MAX_CPU).filter(|core| before.is_set(*core));
        let mut wanted = CpuSet::new();
        let cores: Vec<usize> = allowed.skip(first).take(count).collect();
        if cores.len() < count {
            return Err(format!("this takes {} cores", first + count).into());
        }
        cores.into_iter().for_each(|core| wanted.set(core));
        sched_setaffinity(None, &wanted)?;
        Ok(Self { before })
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // What was allowed before still is.
        let _ = sched_setaffinity(None, &self.before);
    }
}
