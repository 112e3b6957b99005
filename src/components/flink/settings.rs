//! Section `flink` of the settings; `defaults.toml` says what each is for.

use crate::config::{Invalid, Settings, require};
use serde::Deserialize;
use std::time::Duration;

/// The least that a JobManager and a TaskManager of one slot start with, in MiB.
pub(super) const LEAST_JOBMANAGER_MIB: u64 = 512;
pub(super) const LEAST_TASKMANAGER_MIB: u64 = 640;
/// What each further slot needs, in MiB: rows that are held, state, the core, buffers of the network.
pub(super) const SLOT_MIB: u64 = 176;

/// Key groups of the job's state: no more copies of the work can have a part of it.
const MOST_SLOTS: u64 = 128;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlinkSettings {
    pub port: u16,
    pub taskmanagers: u16,
    pub slots: u16,
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub checkpoint_interval: Duration,
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub hold: Duration,
    pub hold_rows: u32,
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub dedupe_window: Duration,
    /// Of the pod, in MiB.
    pub jobmanager_memory_mib: u64,
    pub taskmanager_memory_mib: u64,
}

impl FlinkSettings {
    /// Those that were checked.
    pub fn of(settings: &Settings) -> Self {
        settings.section("flink")
    }

    /// Copies of the job's work in all TaskManagers.
    pub fn parallelism(&self) -> u64 {
        u64::from(self.taskmanagers) * u64::from(self.slots)
    }

    /// What a TaskManager needs at least, in MiB.
    fn least_taskmanager_mib(&self) -> u64 {
        LEAST_TASKMANAGER_MIB + SLOT_MIB * (u64::from(self.slots).saturating_sub(1))
    }
}

/// What is wrong with them.
pub(super) fn check(settings: &Settings) -> Vec<Invalid> {
    let own: FlinkSettings = match settings.read_section("flink") {
        Ok(own) => own,
        Err(invalid) => return vec![invalid],
    };
    let mut invalid = Vec::new();
    let mut check = |holds, key: &str, why: &str| {
        require(&mut invalid, holds, &format!("flink.{key}"), why);
    };
    check(own.taskmanagers > 0, "taskmanagers", "it must be above 0");
    check(own.slots > 0, "slots", "it must be above 0");
    check(
        own.parallelism() <= MOST_SLOTS,
        "slots",
        &format!("no more than {MOST_SLOTS} slots of all TaskManagers share the work"),
    );
    let between = |value: Duration, least: u64, most: u64| {
        (Duration::from_millis(least)..=Duration::from_secs(most)).contains(&value)
    };
    check(
        between(own.checkpoint_interval, 100, 600),
        "checkpoint_interval",
        "it lies between 100ms and 10m: a transaction of Kafka lasts 15 minutes at most",
    );
    let whole_seconds = |value: Duration| value.subsec_nanos() == 0;
    check(
        whole_seconds(own.hold) && between(own.hold, 1_000, 3_600),
        "hold",
        "it is of whole seconds, from 1s to 1h",
    );
    check(
        (1..=1_000_000).contains(&own.hold_rows),
        "hold_rows",
        "it lies between 1 and 1000000",
    );
    check(
        whole_seconds(own.dedupe_window) && between(own.dedupe_window, 60_000, 604_800),
        "dedupe_window",
        "it is of whole seconds, from 1m to 7d",
    );
    check(
        own.jobmanager_memory_mib >= LEAST_JOBMANAGER_MIB,
        "jobmanager_memory_mib",
        &format!("a JobManager does not start with less than {LEAST_JOBMANAGER_MIB} MiB"),
    );
    let least = own.least_taskmanager_mib();
    check(
        own.taskmanager_memory_mib >= least,
        "taskmanager_memory_mib",
        &format!("a TaskManager of so many slots needs {least} MiB"),
    );
    invalid
}
