//! Section `serving` of the settings; `defaults.toml` says what each is for.

use crate::config::{Invalid, Settings, require};
use serde::Deserialize;

/// What a process with its model takes, in MiB.
const WORKER_MIB: u64 = 96;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServingSettings {
    /// Published on 127.0.0.1; checked with all ports.
    #[serde(rename = "port")]
    _port: u16,
    replicas: u16,
    workers: u16,
    max_body_bytes: u64,
    /// Of a pod, in MiB.
    memory_mib: u64,
}

/// What is wrong with them.
pub(super) fn check(settings: &Settings) -> Vec<Invalid> {
    let own: ServingSettings = match settings.read_section("serving") {
        Ok(own) => own,
        Err(invalid) => return vec![invalid],
    };
    let mut invalid = Vec::new();
    let mut check = |holds, key: &str, why: &str| {
        require(&mut invalid, holds, &format!("serving.{key}"), why);
    };
    check(own.replicas > 0, "replicas", "it must be above 0");
    check(own.workers > 0, "workers", "it must be above 0");
    check(
        (1_024..=64 << 20).contains(&own.max_body_bytes),
        "max_body_bytes",
        "it lies between 1024 and 67108864",
    );
    let least = WORKER_MIB * u64::from(own.workers);
    check(
        own.memory_mib >= least,
        "memory_mib",
        &format!("a pod of so many workers needs {least} MiB"),
    );
    invalid
}
