//! Section `cluster` of the settings; `defaults.toml` says what each is for.

use crate::components::{self, Place};
use crate::config::{Invalid, Profile, Settings, is_dns_label, require};
use serde::Deserialize;

/// What the node needs for Kubernetes itself: its own programs, CoreDNS, the volumes' provisioner.
const SYSTEM_MIB: u64 = 1_024;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterSettings {
    pub name: String,
    pub image: String,
    pub namespace: String,
    /// Of the Kubernetes API, published on 127.0.0.1.
    pub port: u16,
    /// Limit of the node.
    pub memory_mib: u64,
}

impl ClusterSettings {
    /// Those that were checked.
    pub fn of(settings: &Settings) -> Self {
        settings.section("cluster")
    }

    /// Memory that is left for pods, in MiB.
    pub fn pods_mib(&self) -> u64 {
        self.memory_mib.saturating_sub(SYSTEM_MIB)
    }
}

/// What is wrong with them.
pub(super) fn check(settings: &Settings) -> Vec<Invalid> {
    let own: ClusterSettings = match settings.read_section("cluster") {
        Ok(own) => own,
        Err(invalid) => return vec![invalid],
    };
    let mut invalid = Vec::new();
    for (key, name) in [
        ("cluster.name", &own.name),
        ("cluster.namespace", &own.namespace),
    ] {
        require(
            &mut invalid,
            is_dns_label(name, 1..=32),
            key,
            "it has 1 to 32 small letters, digits and \"-\", and begins and ends without \"-\"",
        );
    }
    let pods = components::in_cluster().filter(|one| matches!(one.place, Place::Pods(_)));
    let pods: u64 = pods.map(|one| one.memory_bytes(settings) >> 20).sum();
    require(
        &mut invalid,
        pods <= own.pods_mib() || settings.profile == Profile::Kubernetes,
        "cluster.memory_mib",
        &format!(
            "the pods are allowed {pods} MiB together, and Kubernetes itself takes {SYSTEM_MIB}: it \
             must be at least {}",
            pods + SYSTEM_MIB
        ),
    );
    invalid
}
