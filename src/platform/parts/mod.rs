//! The parts of the platform that run outside of this process, wherever they do: what is the same of
//! them in containers, in a cluster of k3d and in one of others. It makes and ends nothing.

mod flow;
mod kubeconfig;
mod look;
mod pods;
mod problems;
mod read_logs;

pub(super) use flow::{GOES_ON, refuse_embedded};
pub(super) use kubeconfig::{is_known, keep};
pub(super) use look::{runs, within};

use crate::components::{self, Component, Place, Site, Workload};
use crate::error::{Error, Result};
use crate::manifests;
use crate::plan::{Stage, StageName};
use crate::records::{Take, Wanted};
use crate::runtime;
use crate::state::StateDir;
use object_store::ObjectStore;
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;
use wikisentry_driver::images::ImageSet;
use wikisentry_driver::kube::Kube;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::registry::Registry;

/// What lies in components and is brought to its wanted state once they run.
pub(super) const PROVISIONING: StageName =
    StageName::new("provisioning", "topics, buckets, connector");

const NAMESPACE: StageName = StageName::new("namespace", "namespace");

/// A file of a component, as `kubectl apply -f` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFile {
    pub component: &'static str,
    pub name: &'static str,
    pub text: String,
}

/// The parts, as they should be.
pub struct Parts {
    pub site: Site,
    pub images: ImageSet,
    pub state: StateDir,
    /// The components that are part of it, those first that others depend on.
    pub components: Vec<&'static Component>,
    /// Drives the requests of what is made of the object store.
    requests: OnceLock<Runtime>,
}

impl Parts {
    pub(super) fn new(
        site: Site,
        images: ImageSet,
        state: &StateDir,
        components: Vec<&'static Component>,
    ) -> Self {
        Self {
            site,
            images,
            state: state.clone(),
            components,
            requests: OnceLock::new(),
        }
    }

    /// Whether a cluster is part of it.
    pub(super) fn has_cluster(&self) -> bool {
        self.components.iter().any(|one| !one.is_container())
    }

    /// The workloads of the components that are part of it.
    fn workloads(&self) -> impl Iterator<Item = (&'static Component, &'static Workload)> {
        let components = self.components.iter().copied();
        components.flat_map(|component| {
            let workloads: &[Workload] = match component.place {
                Place::Pods(workloads) => workloads,
                Place::Container | Place::Cluster => &[],
            };
            workloads.iter().map(move |workload| (component, workload))
        })
    }

    /// The cluster that pods run in.
    ///
    /// # Errors
    /// With exit code 4 if there is none.
    pub(super) async fn connect(&self) -> Result<Kube> {
        match &self.site.foreign {
            Some(foreign) => foreign.connect(components::REQUEST).await,
            None => kubeconfig::connect(&self.state).await,
        }
    }

    /// What its components have in the cluster, as files.
    pub(super) fn manifests(&self) -> Result<Vec<ManifestFile>> {
        let mut files = Vec::new();
        for component in components::in_cluster() {
            let rendered = manifests::files(component, &self.site, &self.images)?;
            let names = component.templates.iter().map(|(name, _)| *name);
            for file in rendered {
                let mut names = names.clone();
                let name = names.find(|name| *name == file.template);
                files.push(ManifestFile {
                    component: component.name,
                    name: name.expect("it was made of a template"),
                    text: file.text,
                });
            }
        }
        Ok(files)
    }

    /// What lies in the components that run already, or that others run.
    pub(super) fn provisioning(&self) -> Stage<'_> {
        let outside = self.components.iter().filter(|one| one.is_container());
        let provisions = outside.flat_map(|component| (component.provisions)(&self.site));
        Stage {
            name: PROVISIONING,
            items: provisions.collect(),
        }
    }

    /// What is in the cluster, component by component.
    pub(super) fn pods_stages(&self) -> impl Iterator<Item = Stage<'_>> {
        components::in_cluster().map(move |component| Stage {
            name: match component.place {
                Place::Cluster => NAMESPACE,
                _ => StageName::new(component.name, component.name),
            },
            items: vec![Box::new(pods::Pods {
                parts: self,
                component,
                folder: self.state.data_layer(),
            })],
        })
    }

    /// The registry in the object store.
    ///
    /// # Errors
    /// With exit code 4 if the store does not answer.
    pub(super) fn models(&self) -> Result<Registry> {
        let name = &self.site.settings.model.name;
        self.on_objects(|objects| Registry::on_store(objects, "models", name))
    }

    /// The lake in the object store.
    ///
    /// # Errors
    /// As [`Parts::models`].
    pub(super) fn lake(&self) -> Result<Lake> {
        self.on_objects(|objects| Lake::on_store(objects, ""))
    }

    /// What is made of the objects, which are asked for on the runtime of this platform.
    fn on_objects<T>(&self, made: impl FnOnce(Arc<dyn ObjectStore>) -> T) -> Result<T> {
        if self.requests.get().is_none() {
            // Two that start one at the same time keep the first.
            let _ = self.requests.set(runtime::pooled()?);
        }
        let requests = self.requests.get().expect("it was set");
        let mut components = components::in_containers();
        let ask = components.find_map(|component| component.objects);
        let ask = ask.ok_or_else(|| Error::bug("no component keeps objects"))?;
        let objects = requests.block_on(ask(&self.site))?;
        let _entered = requests.enter();
        Ok(made(objects))
    }

    pub(super) fn records(&self, wanted: &Wanted, take: Take<'_>) -> Result<bool> {
        let mut components = components::all().iter();
        let read = components.find_map(|component| component.records);
        let read = read.ok_or_else(|| Error::bug("no component keeps topics"))?;
        read(&self.site, wanted, take)
    }
}
