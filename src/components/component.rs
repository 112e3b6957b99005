//! What is known of a component before it runs, as data. Plans, drivers and reports act on it and
//! know no component by its name.

use super::{Foreign, NoProbe, Probe, RolloutSteps, Site};
use crate::config::{Invalid, Settings, Size};
use crate::error::{Error, Result};
use crate::records::{Take, Wanted};
use futures_util::future::BoxFuture;
use object_store::ObjectStore;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use wikisentry_driver::Account;
use wikisentry_driver::converge::{Converge, PortDemand};
use wikisentry_driver::images::BuildContext;
use wikisentry_driver::kube::WorkloadKind;
use wikisentry_driver::s3::Access;

/// Things to bring to their wanted state, in this order.
pub type Provisions<'a> = Vec<Box<dyn Converge<Error = Error> + 'a>>;

/// Reads a component's topics, oldest record first. Answers `false` if what was followed has ended.
pub type ReadRecords = fn(&Site, &Wanted, Take<'_>) -> Result<bool>;

/// A question to a component that runs.
pub type Ask<T> = for<'a> fn(&'a Site) -> BoxFuture<'a, Result<T>>;

/// The same to one that others run; only with `writes` it tries whether it takes what is written.
pub type Reach = for<'a> fn(&'a Site, writes: bool) -> BoxFuture<'a, Result<String>>;

/// A part of the platform that runs outside of this program.
pub struct Component {
    /// Its name: of its service, its section of the settings, its image.
    pub name: &'static str,
    /// What it is for, as a noun.
    pub purpose: &'static str,
    /// Components that must be ready before it starts.
    pub depends_on: &'static [&'static str],
    /// In a container, in pods, or what holds the pods.
    pub place: Place,
    /// Its image, called as it is itself; none if it is not built here.
    pub image: Option<Image>,
    /// What it publishes on 127.0.0.1.
    pub ports: &'static [Port],
    /// The variables of its part of `compose.yaml` that are filled from settings, ports excepted.
    pub variables: &'static [Variable],
    /// Its part of `compose.yaml`, if it is a container.
    pub compose: &'static str,
    /// What it has in the cluster: name of the file in `manifests/`, and the template that makes
    /// it.
    pub templates: &'static [(&'static str, &'static str)],
    /// What its templates take beside its settings, as `values`.
    pub values: fn(&Site) -> Result<Value>,
    /// How it is replaced in the cluster, if it keeps state there; `values.kept` is what it kept.
    pub rollout: Option<RolloutSteps>,
    /// What the templates of all components may know of it, such as the name and port by which
    /// pods reach it: `parts.NAME`.
    pub for_pods: Option<fn(&Site) -> Value>,
    /// Its Secrets in the cluster by their names: keys and values.
    pub secrets: fn(&Site) -> Vec<(&'static str, SecretValues)>,
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
    /// Counts the edits that were ever classified, likewise.
    pub results: Option<Ask<u64>>,
    /// The objects that it keeps for the platform, if it is the object store, as this program may
    /// use them.
    pub objects: Option<Ask<Arc<dyn ObjectStore>>>,
    /// Asks it whether it is there and may be used, and says as what, if others can run it for us.
    pub reach: Option<Reach>,
    /// User and password that others gave us for it, if there are some.
    pub account: Option<fn(&Foreign) -> Option<Account>>,
    /// Says why no edit comes, if it is what brings them and knows.
    pub obstacle: Option<Ask<Option<String>>>,
}

/// Keys of a Secret and their values.
pub type SecretValues = BTreeMap<&'static str, String>;

/// Where a component runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the Docker engine, as a service of `compose.yaml`.
    Container,
    /// It is the cluster that holds pods.
    Cluster,
    /// In the cluster, as pods of these workloads, each ready before the next.
    Pods(&'static [Workload]),
}

/// Pods that are alike: a Deployment or a StatefulSet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    pub kind: WorkloadKind,
    pub name: &'static str,
    /// The key of a pod's memory, in MiB, in the component's section.
    pub memory: &'static str,
    /// The key of the number of pods; one if there is none.
    pub replicas: Option<&'static str>,
}

/// An image that is built here unless the settings name another.
#[derive(Debug, Clone, Copy)]
pub struct Image {
    /// The image that it is built on.
    pub parent: Option<&'static str>,
    /// Images of this program that it takes files from.
    pub uses: &'static [&'static str],
    /// Disk that its own layers take, in bytes, measured.
    pub bytes: u64,
    /// The files that it is built from, by the image's name.
    pub context: fn(&str) -> Option<BuildContext>,
}

impl Image {
    /// One whose folder is part of this program: to be completed by struct update.
    pub const EMBEDDED: Self = Self {
        parent: None,
        uses: &[],
        bytes: 0,
        context: wikisentry_driver::images::embedded::context,
    };
}

/// A port on 127.0.0.1.
#[derive(Debug, Clone, Copy)]
pub struct Port {
    pub name: &'static str,
    /// The key of its number in the component's section.
    pub key: &'static str,
    /// How it comes to be published.
    pub publishing: Publishing,
    /// Its URL, `{}` for host and port.
    pub url: &'static str,
}

/// What leads a port of this machine to a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publishing {
    /// The engine: the variable of `compose.yaml` that takes the number.
    Variable(&'static str),
    /// The cluster, of its own API.
    KubernetesApi,
    /// The cluster's load balancer, to this port of the node; in the cluster it is this port of the
    /// component's service, which is called as the component is.
    NodePort { node: u16, service: u16 },
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
        image: None,
        ports: &[],
        variables: &[],
        compose: "",
        place: Place::Container,
        templates: &[],
        values: |_| Ok(Value::Null),
        rollout: None,
        for_pods: None,
        secrets: |_| Vec::new(),
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
        results: None,
        objects: None,
        reach: None,
        account: None,
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

    /// Limit of the memory of all of it, in bytes.
    pub fn memory_bytes(&self, settings: &Settings) -> u64 {
        let number = |key: &str| settings.number(self.name, key);
        let mib = match self.place {
            Place::Container | Place::Cluster => number("memory_mib"),
            Place::Pods(workloads) => {
                let pods = |one: &Workload| one.replicas.map_or(1, number);
                let each = workloads.iter().map(|one| number(one.memory) * pods(one));
                each.sum()
            }
        };
        mib << 20
    }

    /// The keys of its section that are memory, in MiB.
    pub fn memory_keys(&self) -> Vec<&'static str> {
        match self.place {
            Place::Container | Place::Cluster => vec!["memory_mib"],
            Place::Pods(workloads) => workloads.iter().map(|one| one.memory).collect(),
        }
    }

    /// Whether it is a container of the compose project.
    pub fn is_container(&self) -> bool {
        self.place == Place::Container
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
