//! Section `kafka` of the settings; `defaults.toml` says what each is for.

use crate::config::{Invalid, Settings, is_plain_name, require};
use serde::Deserialize;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaSettings {
    /// For clients without a user, published on 127.0.0.1.
    port: u16,
    /// For clients with a user, likewise.
    pub sasl_port: u16,
    /// Put before the names of all topics.
    pub topic_prefix: String,
    /// Of the topics of edits.
    pub partitions: u16,
    pub retention_bytes: u64,
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub retention_age: Duration,
    /// Limit of the container.
    pub memory_mib: u64,
    pub heap_mib: u64,
}

impl KafkaSettings {
    /// Those that were checked.
    pub fn of(settings: &Settings) -> Self {
        settings.section("kafka")
    }
}

/// What is wrong with them.
pub(super) fn check(settings: &Settings) -> Vec<Invalid> {
    let own: KafkaSettings = match settings.read_section("kafka") {
        Ok(own) => own,
        Err(invalid) => return vec![invalid],
    };
    let mut invalid = Vec::new();
    require(
        &mut invalid,
        own.topic_prefix.is_empty() || is_plain_name(&own.topic_prefix),
        "kafka.topic_prefix",
        "topics have only letters, digits, \"-\", \"_\" and \".\" in their names",
    );
    for (key, value) in [
        ("kafka.partitions", own.partitions.into()),
        ("kafka.retention_bytes", own.retention_bytes),
    ] {
        require(&mut invalid, value > 0, key, "it must be above 0");
    }
    invalid
}
