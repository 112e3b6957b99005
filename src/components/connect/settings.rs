//! Section `connect` of the settings; `defaults.toml` says what each is for.

use crate::config::{Invalid, Settings, require};
use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectSettings {
    pub port: u16,
    /// Limit of the container.
    memory_mib: u64,
    heap_mib: u64,
}

impl ConnectSettings {
    /// Those that were checked.
    pub fn of(settings: &Settings) -> Self {
        settings.section("connect")
    }
}

/// What is wrong with them.
pub(super) fn check(settings: &Settings) -> Vec<Invalid> {
    let own: ConnectSettings = match settings.read_section("connect") {
        Ok(own) => own,
        Err(invalid) => return vec![invalid],
    };
    let mut invalid = Vec::new();
    require(
        &mut invalid,
        own.heap_mib < own.memory_mib,
        "connect.heap_mib",
        "the heap must be smaller than the memory of the container",
    );
    let is_above_0 = own.heap_mib > 0;
    require(
        &mut invalid,
        is_above_0,
        "connect.heap_mib",
        "it must be above 0",
    );
    invalid
}
