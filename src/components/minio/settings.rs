//! Section `minio` of the settings; `defaults.toml` says what each is for.

use crate::config::{Invalid, Settings, is_dns_label, require};
use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MinioSettings {
    /// Of S3, published on 127.0.0.1.
    pub port: u16,
    /// Of the web console, likewise.
    pub console_port: u16,
    /// Limit of the container.
    memory_mib: u64,
    /// The bucket of the lake, the models and the data sets.
    pub bucket: String,
}

impl MinioSettings {
    /// Those that were checked.
    pub fn of(settings: &Settings) -> Self {
        settings.section("minio")
    }
}

/// What is wrong with them.
pub(super) fn check(settings: &Settings) -> Vec<Invalid> {
    let own: MinioSettings = match settings.read_section("minio") {
        Ok(own) => own,
        Err(invalid) => return vec![invalid],
    };
    let mut invalid = Vec::new();
    require(
        &mut invalid,
        is_dns_label(&own.bucket, 3..=63),
        "minio.bucket",
        "a bucket has 3 to 63 small letters, digits and \"-\", and begins and ends without \"-\"",
    );
    invalid
}
