//! Keeps the log: forces it to disk at intervals and drops what is old and read by all.

use super::consumers::read_by_all;
use crate::log::{Log, LogError, RetentionLimits};
use crate::patience::Patience;
use crate::settings::LogSettings;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use wikisentry_core::topic::Topic;
use wikisentry_lake::clock;

/// How often old records are looked for.
const RETENTION_EVERY: Duration = Duration::from_secs(60);
/// Looks at the stop flag at least this often.
const STEP: Duration = Duration::from_millis(100);

pub(super) struct Keeper {
    pub(super) log: Log,
    pub(super) settings: LogSettings,
}

impl Keeper {
    pub(super) fn run(self, patience: &Patience) -> Result<(), LogError> {
        let sync_interval = self.settings.sync_interval;
        let mut synced = Instant::now();
        // At once: a process that never lives long must keep the limits too.
        let mut trimmed: Option<Instant> = None;
        while !patience.stop.is_cancelled() {
            std::thread::sleep(STEP.min(sync_interval));
            if synced.elapsed() >= sync_interval {
                patience.insist(|| self.log.sync(), LogError::is_retryable)?;
                synced = Instant::now();
            }
            if trimmed.is_none_or(|last| last.elapsed() >= RETENTION_EVERY) {
                patience.insist(|| self.trim(), LogError::is_retryable)?;
                trimmed = Some(Instant::now());
            }
        }
        self.log.sync()
    }

    fn trim(&self) -> Result<(), LogError> {
        let mut read = BTreeMap::new();
        for topic in Topic::ALL {
            read.insert(topic, read_by_all(&self.log, topic)?);
        }
        let keep_from = |topic: Topic| read.get(&topic).copied().flatten();
        let limits = RetentionLimits {
            bytes: self.settings.retention_bytes,
            age: self.settings.retention_age,
        };
        let dropped = self
            .log
            .enforce_retention(limits, keep_from, clock::now())?;
        if dropped > 0 {
            tracing::info!(dropped, "records dropped by retention");
        }
        Ok(())
    }
}
