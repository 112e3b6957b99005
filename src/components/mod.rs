//! What the platform runs outside of this program, a folder each: facts, settings, what it takes,
//! how it is provisioned, looked at, and what to do about its failures. To add a component is to
//! add its folder and its line in [`ALL`]; see docs/EXTENDING.md.

mod cluster;
mod component;
mod connect;
mod findings;
mod flink;
mod foreign;
mod kafka;
mod minio;
mod rollout;
mod secrets;
mod serving;
mod silent;
mod site;
#[cfg(test)]
mod tests;

pub use cluster::ClusterSettings;
pub use component::{
    Ask, Component, Image, Measured, Place, Port, Provisions, Publishing, Reach, SecretValues,
    Variable, Workload,
};
use findings::NoProbe;
pub use findings::{Findings, Probe};
pub use foreign::{Foreign, ForeignKafka, ForeignStore};
pub use rollout::{Rendering, Rollout, RolloutSteps};
pub use secrets::Secrets;
pub use site::{REQUEST, Site, local};

use crate::config::{Invalid, Section, Sections, Settings, Size, require};
use std::sync::OnceLock;
use wikisentry_driver::images::{ImageFacts, embedded};

/// Every component, those first that others depend on.
const ALL: &[&Component] = &[
    &kafka::KAFKA,
    &connect::CONNECT,
    &minio::MINIO,
    &cluster::CLUSTER,
    &flink::FLINK,
    &serving::SERVING,
];

/// What every image is built on.
const BASE: ImageFacts = ImageFacts {
    name: "base",
    parent: None,
    uses: &[],
    image_bytes: 0,
    runs: false,
    context: embedded::context,
};

/// The core as other engines load it.
const NATIVE: ImageFacts = ImageFacts {
    name: "native",
    parent: None,
    uses: &[],
    image_bytes: 12_000_000,
    runs: false,
    context: embedded::context,
};

static INSTALLED: OnceLock<Vec<&'static Component>> = OnceLock::new();

/// Adds components to those of this program, for a program that is built on this library. Only
/// before anything has asked for them.
///
/// # Panics
/// If somebody has.
pub fn install(more: &[&'static Component]) {
    let all = ALL.iter().chain(more).copied().collect();
    let installed = INSTALLED.set(all);
    assert!(installed.is_ok(), "components were asked for already");
}

/// Every component, those first that others depend on.
pub fn all() -> &'static [&'static Component] {
    INSTALLED.get_or_init(|| ALL.to_vec())
}

/// Those that are containers of the compose project.
pub fn in_containers() -> impl Iterator<Item = &'static Component> + Clone {
    let all = all().iter().copied();
    all.filter(|component| component.is_container())
}

/// The cluster and what runs in it.
pub fn in_cluster() -> impl Iterator<Item = &'static Component> + Clone {
    let all = all().iter().copied();
    all.filter(|component| !component.is_container())
}

/// The component that a workload of this name belongs to.
pub fn of_workload(name: &str) -> Option<(&'static Component, &'static Workload)> {
    all().iter().find_map(|component| match component.place {
        Place::Pods(workloads) => {
            let found = workloads.iter().find(|one| one.name == name)?;
            Some((*component, found))
        }
        Place::Container | Place::Cluster => None,
    })
}

/// The component of a name.
pub fn find(name: &str) -> Option<&'static Component> {
    all().iter().find(|one| one.name == name).copied()
}

/// The images of all components and what they are built on, parents first.
pub fn images() -> Vec<ImageFacts> {
    let own = all().iter().filter_map(|component| {
        component.image.map(|image| ImageFacts {
            name: component.name,
            parent: image.parent,
            uses: image.uses,
            image_bytes: image.bytes,
            runs: true,
            context: image.context,
        })
    });
    [BASE, NATIVE].into_iter().chain(own).collect()
}

/// What components add to the settings.
pub fn sections() -> Sections {
    let own: Vec<&str> = all().iter().map(|component| component.defaults).collect();
    let mut defaults = format!("{}\n{IMAGES}", own.join("\n"));
    for image in images() {
        if let Some(parent) = image.parent {
            defaults += &format!("# Built on {parent}.\n");
        }
        defaults += &format!("[images.{}]\nref = \"\"\n", image.name);
    }
    Sections {
        defaults,
        all: all().iter().map(|component| component.section()).collect(),
    }
}

const IMAGES: &str = "\
# The images. \"\" has an image built from what this program carries; a reference, e.g.
# \"registry.example.org/NAME:1\", has that one pulled and run instead, and the images that are
# built on it are built on that one.
";

impl Component {
    fn section(&'static self) -> Section {
        Section {
            name: self.name,
            // The defaults are those of the size standard.
            of_size: [Size::Small, Size::Large]
                .into_iter()
                .flat_map(|size| self.of_size(size))
                .collect(),
            check: Box::new(|settings| self.invalid(settings)),
        }
    }

    /// What is wrong with its settings: what holds for every component, then its own rules.
    fn invalid(&self, settings: &Settings) -> Vec<Invalid> {
        let mut invalid = Vec::new();
        let number = |key: &str| settings.number(self.name, key);
        let mut check = |holds, key: &str, why| {
            require(&mut invalid, holds, &format!("{}.{key}", self.name), why);
        };
        for port in self.ports {
            let is_port = (1..=u64::from(u16::MAX)).contains(&number(port.key));
            check(is_port, port.key, "a port is a number from 1 to 65535");
            let is_its_own = !self
                .ports_before(port, settings)
                .contains(&number(port.key));
            check(
                is_its_own,
                port.key,
                "another port of the platform has this number",
            );
        }
        for key in self.memory_keys() {
            check(number(key) > 0, key, "it must be above 0");
        }
        let memory = number("memory_mib");
        if self.measured(Size::Standard).heap_mib.is_some() {
            let heap = number("heap_mib");
            check(heap > 0, "heap_mib", "it must be above 0");
            let why = "the heap must be smaller than the memory of the container";
            check(heap < memory, "heap_mib", why);
        }
        // What does not fit the type is named before what is too large for it.
        [(self.check)(settings), invalid].concat()
    }

    /// The numbers of the ports of all components that come before a port.
    fn ports_before(&self, port: &Port, settings: &Settings) -> Vec<u64> {
        let all = all().iter().flat_map(|component| {
            let ports = component.ports.iter();
            ports.map(|port| (component.name, port.key))
        });
        let before = all.take_while(|place| *place != (self.name, port.key));
        before
            .map(|(name, key)| settings.number(name, key))
            .collect()
    }

    /// What a size makes of its defaults, memory as measured.
    fn of_size(&self, size: Size) -> Vec<(Size, &'static str, i64)> {
        let measured = self.measured(size);
        let mib = |mib: u64| i64::try_from(mib).expect("MiB of a machine");
        // Of pods the limit is that of all together; each kind has its own in `of_size`.
        let is_one = !matches!(self.place, Place::Pods(_));
        let limit = is_one.then(|| (size, "memory_mib", mib(measured.limit_mib)));
        let limit = limit.into_iter();
        let heap = measured.heap_mib;
        let heap = heap.map(|heap| (size, "heap_mib", mib(heap)));
        let own = self.of_size.iter().filter(|(of, ..)| *of == size);
        limit.chain(heap).chain(own.copied()).collect()
    }
}
