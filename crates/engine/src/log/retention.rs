//! Dropping old records, by size and age, never what a consumer still has to read.

use super::manifest::LogManifest;
use super::store::Changes;
use super::{Log, LogError, lock};
use std::time::Duration;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;

/// Batches dropped in one commit at most.
const STEP: usize = 1024;

/// How much of every topic is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionLimits {
    /// Oldest records are dropped while a topic's batches, as stored, exceed this; in bytes.
    pub bytes: u64,
    /// Records appended longer ago than this are dropped.
    pub age: Duration,
}

impl Log {
    /// Drops the records of `topic` below the offset `before`, as far as whole batches go, and
    /// returns the offset at which the topic now begins.
    ///
    /// # Errors
    /// As [`commit`](Log::commit).
    pub fn trim(&self, topic: Topic, before: u64) -> Result<u64, LogError> {
        self.drop_while(topic, before, |_| true)
    }

    /// Holds every topic to `limits` as of `now`, but keeps everything from the offset that
    /// `keep_from` names (the least that a consumer has committed; `None` for no consumer).
    /// Batches are dropped whole. Returns how many records were dropped.
    ///
    /// # Errors
    /// As [`commit`](Log::commit).
    pub fn enforce_retention(
        &self,
        limits: RetentionLimits,
        keep_from: impl Fn(Topic) -> Option<u64>,
        now: EventTime,
    ) -> Result<u64, LogError> {
        let age = i64::try_from(limits.age.as_millis()).unwrap_or(i64::MAX);
        let oldest = EventTime::from_millis(now.as_millis().saturating_sub(age));
        let mut dropped = 0;
        for topic in Topic::ALL {
            let keep = keep_from(topic).unwrap_or(u64::MAX);
            let first = self.bounds(topic).first;
            if let Some(oldest) = oldest {
                self.trim(topic, self.offset_at(topic, oldest)?.min(keep))?;
            }
            self.drop_while(topic, keep, |manifest| manifest[topic].bytes > limits.bytes)?;
            dropped += self.bounds(topic).first - first;
        }
        Ok(dropped)
    }

    /// Drops whole batches below `before` while `wanted` says so of what would be left.
    fn drop_while(
        &self,
        topic: Topic,
        before: u64,
        wanted: impl Fn(&LogManifest) -> bool,
    ) -> Result<u64, LogError> {
        loop {
            let writer = &mut *lock(&self.inner.writer);
            self.reopen(writer)?;
            let mut manifest = writer.manifest;
            let before = before.min(manifest[topic].next);
            // The next batch's base is where a batch ends, so one more is looked at.
            let sizes =
                self.with_store(|store| store.sizes(topic, manifest[topic].first, STEP + 1))?;
            let mut changes = Changes::default();
            for (index, (base, size)) in sizes.iter().take(STEP).enumerate() {
                let end = sizes
                    .get(index + 1)
                    .map_or(manifest[topic].next, |(next, _)| *next);
                if end > before || !wanted(&manifest) {
                    break;
                }
                changes.dropped.push((topic, *base));
                manifest[topic].first = end;
                manifest[topic].bytes = manifest[topic].bytes.saturating_sub(*size);
            }
            let count = changes.dropped.len();
            if count > 0 {
                self.write(writer, changes, manifest, 0, Vec::new())?;
            }
            if count < STEP {
                return Ok(writer.manifest[topic].first);
            }
        }
    }
}
