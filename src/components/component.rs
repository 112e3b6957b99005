//! What is known of a component before it runs, as data. Plans, drivers and reports act on it and
//! know no component by its name.

use super::{NoProbe, Probe, Site};
use crate::config::{Invalid, Settings, Size};
use crate::error::{Error, Result};
use crate::records::{Take, Wanted};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use std::collections::BTreeMap;
use wikisentry_driver::converge::{Converge, PortDemand};
use wikisentry_driver::images::BuildContext;
use wikisentry_driver::s3::Access;

/// Things to bring to their wanted state, in this order.
pub type Provisions<'a> = Vec<Box<dyn Converge<Error = Error> + 'a>>;

/// Reads a component's topics, oldest record first. Answers `false` if what was followed has ended.
pub type ReadRecords = fn(&Site, &Wanted, Take<'_>) -> Result<bool>;

/// A question to a component that runs.
pub type Ask<T> = for<'a> fn(&'a Site) -> BoxFuture<'a, Result<T>>;

/// A part of the platform that runs outside of this program.
pub struct Component {
    /// Its name: of its service, its section of the settings, its image.
    pub name: &'static str,
    /// What it is for, as a noun.
    pub purpose: &'static str,
    /// Components that must be ready before it starts.
    pub depends_on: &'static [&'static str],
    /// Its image, called as it is itself.
    pub image: Image,
    /// What it publishes on 127.0.0.1.
    pub ports: &'static [Port],
    /// The variables of its part of `compose.yaml` that are filled from settings, ports excepted.
    pub variables: &'static [Variable],
    /// Its part of `compose.yaml`.
    pub compose: &'static str,
    /// Its settings with their defaults: one section, called as it is itself.
    pub defaults: &'static str,
    /// What other sizes than `standard` make of the defaults, memory excepted.
    pub of_size: &'static [(Size, &'static str, i64)],
    /// Its memory by size, see [`Measured`].
    pub measured: &'static str,
    /// What is wrong with its settings.
    pub check: fn(&Settings) -> Vec<Invalid>,
    /// Whose passwords are generated, its administrator first; none if it asks for no password.
    pub accounts: fn() -> Vec<&'static str>,
    /// What it may do with which keys of the object store's bucket.
    pub store_access: &'static [(&'static str, Access)],
    /// What it holds of others and must be brought to its wanted state once it runs.
    pub provisions: for<'a> fn(&'a Site) -> Provisions<'a>,
    /// Looks at it while it runs.
    pub probe: fn() -> Box<dyn Probe>,
    /// Reads topics, if they are kept in it.
    pub records: Option<ReadRecords>,
    /// Counts the edits that ever arrived in it, if topics are kept in it: the number only grows.
    pub arrivals: Option<Ask<u64>>,
    /// Says why no edit comes, if it is what brings them and knows.
    pub obstacle: Option<Ask<Option<String>>>,
}

/// An image that is built here unless the settings name another.
#[derive(Debug, Clone, Copy)]
pub struct Image {
    /// The image that it is built on.
    pub parent: Option<&'static str>,
    /// Disk that its own layers take, in bytes, measured.
    pub bytes: u64,
    /// The files that it is built from, by the image's name.
    pub context: fn(&str) -> Option<BuildContext>,
}

/// A port on 127.0.0.1.
#[derive(Debug, Clone, Copy)]
pub struct Port {
    pub name: &'static str,
    /// The key of its number in the component's section.
    pub key: &'static str,
    /// The variable of `compose.yaml` that takes it.
    pub variable: &'static str,
    /// Its URL, `{}` for host and port.
    pub url: &'static str,
}

/// A variable of `compose.yaml` that a setting fills.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    pub name: &'static str,
    /// The key of the whole number or the plain name in the component's section.
    pub key: &'static str,
    /// What is put behind it, such as `m` for MiB.
    pub unit: &'static str,
}

/// Memory of a component at one size, in MiB as `docker stats` counts it. Limit and heap are chosen;
/// `scripts/measure_memory.sh` writes the use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
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

impl Component {
    /// What all have in common that ask for nothing more: to be completed by struct update.
    pub const PLAIN: Self = Self {
        name: "",
        purpose: "",
        depends_on: &[],
        image: Image {
            parent: None,
            bytes: 0,
            context: wikisentry_driver::images::embedded::context,
        },
        ports: &[],
        variables: &[],
        compose: "",
        defaults: "",
        of_size: &[],
        measured: "",
        check: |_| Vec::new(),
        accounts: Vec::new,
        store_access: &[],
        provisions: |_| Vec::new(),
        probe: || Box::new(NoProbe),
        records: None,
        arrivals: None,
        obstacle: None,
    };

    /// What it takes on a host of a size.
    ///
    /// # Panics
    /// If its table lacks the size: tests look at all of them.
    pub fn measured(&self, size: Size) -> Measured {
        let table: BTreeMap<String, Measured> =
            toml::from_str(self.measured).expect("measured.toml is a table of sizes");
        let size = match size {
            Size::Auto => Size::Standard,
            size => size,
        };
        *table
            .get(size.name())
            .expect("measured.toml has every size")
    }

    /// Limit of its memory, in bytes.
    pub fn memory_bytes(&self, settings: &Settings) -> u64 {
        settings.number(self.name, "memory_mib") << 20
    }

    /// Its ports with their numbers.
    pub fn port_demands(&self, settings: &Settings) -> Vec<PortDemand> {
        let demands = self.ports.iter().map(|port| PortDemand {
            name: port.name.to_owned(),
            setting: format!("{}.{}", self.name, port.key),
            number: port.number(self, settings),
        });
        demands.collect()
    }
}

impl Variable {
    /// A number of MiB, as compose and Java write them.
    pub const fn mib(name: &'static str, key: &'static str) -> Self {
        let unit = "m";
        Self { name, key, unit }
    }
}

impl Port {
    pub fn number(&self, component: &Component, settings: &Settings) -> u16 {
        let number = settings.number(component.name, self.key);
        u16::try_from(number).expect("checked with the component's settings")
    }
}
