//! Facts about what the platform runs in containers, a file each. Drivers and plans act on them;
//! to add a component is to add its file and its line in [`ALL`].

mod connect;
mod kafka;
mod minio;

use crate::config::{Settings, Size};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Every component, those first that others depend on.
pub const ALL: [&Component; 3] = [&kafka::KAFKA, &connect::CONNECT, &minio::MINIO];

/// Peak memory by size and component, and the limits made of it; `scripts/measure_memory.sh`
/// writes it.
const MEASURED: &str = include_str!("measured.toml");

/// What is known of a component before it runs.
#[derive(Debug)]
pub struct Component {
    /// Its name: of its service in `compose.yaml`, its section of the settings, its image.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Components that must be ready before it starts.
    pub depends_on: &'static [&'static str],
    /// What it publishes on this machine.
    pub ports: &'static [Port],
    /// Limit of its container, in MiB.
    pub memory_mib: fn(&Settings) -> u64,
    /// Disk that its image takes on its own, measured, in bytes; shared layers count once, with
    /// the component that is first in [`ALL`].
    pub image_bytes: u64,
    /// The variables of `compose.yaml` that are its own, ports excepted.
    pub variables: fn(&Settings) -> Vec<(&'static str, String)>,
}

/// A port on 127.0.0.1.
#[derive(Debug)]
pub struct Port {
    /// What answers there.
    pub name: &'static str,
    /// The setting that moves it.
    pub setting: &'static str,
    /// The variable of `compose.yaml` that takes it.
    pub variable: &'static str,
    /// Its number.
    pub number: fn(&Settings) -> u16,
    /// How to speak to it: a URL without the address, `{}` for host and port.
    pub url: &'static str,
}

/// Memory of a component, in MiB as `docker stats` counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Footprint {
    /// The limit of its container.
    pub limit_mib: u64,
    /// The heap of its Java, if it is one.
    pub heap_mib: Option<u64>,
    /// Greatest use without data.
    pub idle_mib: u64,
    /// Greatest use at the feed's rate.
    pub feed_mib: u64,
    /// Greatest use at full speed.
    pub full_mib: u64,
}

static FOOTPRINTS: LazyLock<BTreeMap<String, BTreeMap<String, Footprint>>> =
    LazyLock::new(|| toml::from_str(MEASURED).unwrap_or_default());

impl Component {
    /// What it takes on a host of a size; `Auto` counts as `Standard`.
    pub fn footprint(&self, size: Size) -> Footprint {
        let size = match size {
            Size::Small => "small",
            Size::Standard | Size::Auto => "standard",
            Size::Large => "large",
        };
        let found = FOOTPRINTS.get(size).and_then(|of| of.get(self.name));
        found.copied().unwrap_or_default()
    }
}

/// The component of a name.
pub fn find(name: &str) -> Option<&'static Component> {
    ALL.into_iter().find(|component| component.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_component_is_measured_in_every_size_and_fits_its_limit() {
        for size in [Size::Small, Size::Standard, Size::Large] {
            for component in ALL {
                let footprint = component.footprint(size);
                assert!(
                    0 < footprint.full_mib && footprint.full_mib < footprint.limit_mib,
                    "{} at {size:?}: {footprint:?}",
                    component.name
                );
            }
        }
    }

    #[test]
    fn what_others_depend_on_stands_first() {
        for (at, component) in ALL.iter().enumerate() {
            for needed in component.depends_on {
                assert!(ALL[..at].iter().any(|other| other.name == *needed));
            }
        }
    }
}
