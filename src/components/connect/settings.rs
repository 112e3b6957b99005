//! Section `connect` of the settings; `defaults.toml` says what each is for.

use crate::config::{Invalid, Settings};
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
    let own = settings.read_section::<ConnectSettings>("connect");
    own.err().into_iter().collect()
}
