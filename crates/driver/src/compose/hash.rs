//! The config hash of a service, equal to docker compose's own: neither sees a change in what the
//! other made unless there is one.

use super::service::Service;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What docker compose puts into the hash; it changed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashEdition {
    /// With `depends_on`: docker compose before 2.35 (2.26 and 2.28 were looked at).
    WithDependencies,
    /// Without: since 2.35 at the latest.
    WithoutDependencies,
}

impl Service {
    /// The value of the label `com.docker.compose.config-hash`: SHA-256, in hexadecimal, of the
    /// service's JSON as Go writes it (docker/compose, `ServiceHash`).
    pub fn config_hash(&self, edition: HashEdition) -> String {
        let mut service = self.clone();
        if edition == HashEdition::WithoutDependencies {
            service.depends_on.clear();
        }
        hex::encode(Sha256::digest(service.json()))
    }

    /// A short fingerprint of each setting that is given, by the setting's name. Two of them tell
    /// which settings differ without keeping their values.
    pub fn fingerprints(&self) -> BTreeMap<String, String> {
        let json = self.json();
        let settings: BTreeMap<String, &RawValue> =
            serde_json::from_str(&json).expect("a service is a JSON object");
        settings
            .into_iter()
            .map(|(name, value)| {
                let hash = hex::encode(Sha256::digest(value.get()));
                (name, hash[..8].to_owned())
            })
            .collect()
    }

    fn json(&self) -> String {
        let json = serde_json::to_string(self).expect("texts and numbers have a JSON form");
        escape_as_go(&json)
    }
}

/// Go's encoder escapes what HTML would take for itself, and two line separators.
fn escape_as_go(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}
