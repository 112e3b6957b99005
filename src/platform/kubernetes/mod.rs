//! The platform in a cluster of others, with their Kafka and their object store: nothing of it runs on
//! this machine, and none of theirs is made or removed.

mod ground;
mod reach;
mod rights;
mod start;
mod stop;
#[cfg(test)]
mod tests;

use super::endpoints::Credential;
use super::parts::{Parts, within};
use crate::advice;
use crate::components::{self, Component, Foreign, Place, Secrets, Site};
use crate::config::Settings;
use crate::error::{Error, ExpectedError, Result};
use crate::manifests;
use crate::plan::{ClusterInfo, Graph, Host, Item, Plan, Stage, StageName};
use crate::runtime;
use crate::state::StateDir;
use wikisentry_driver::images::ImageSet;

const CLUSTER: StageName = StageName::new("cluster", "cluster");
const SERVICES: StageName = StageName::new("services", "Kafka and object store");

/// A platform in a cluster of others, as it should be.
pub struct Kubernetes {
    pub(super) parts: Parts,
}

impl Kubernetes {
    /// What the settings ask for.
    ///
    /// # Errors
    /// If something is not given that has no default, or a secret cannot be read.
    pub fn new(settings: Settings, state: &StateDir) -> Result<Self> {
        let images = ImageSet::resolve(&components::images(), &settings.image_replacements())
            .map_err(|error| ExpectedError::usage("images").caused_by(&error))?;
        let registry = &settings.kubernetes.images;
        let images = images.in_registry(&registry.prefix, &registry.tag);
        let foreign = Foreign::of(&settings)?;
        let site = Site {
            settings,
            // None of them is used: whatever has a password is others'.
            secrets: Secrets::generate(),
            foreign: Some(foreign),
        };
        let components = components::all().iter().copied().filter(|one| is_part(one));
        let parts = Parts::new(site, images, state, components.collect());
        Ok(Self { parts })
    }

    pub(super) fn foreign(&self) -> &Foreign {
        let foreign = self.parts.site.foreign.as_ref();
        foreign.expect("it is made with one")
    }

    /// What is to be brought to its wanted state, stage by stage.
    fn graph(&self) -> Graph<'_> {
        let services = self.services();
        let services = services.map(|(component, reach)| reach::Service {
            kubernetes: self,
            component,
            reach,
        });
        let services = services.map(|one| Box::new(one) as Item<'_>);
        let mut stages = vec![
            Stage {
                name: CLUSTER,
                items: vec![Box::new(ground::ForeignCluster { kubernetes: self })],
            },
            Stage {
                name: SERVICES,
                items: services.collect(),
            },
            self.parts.provisioning(),
        ];
        stages.extend(self.parts.pods_stages());
        Graph { stages }
    }

    /// What others run for it, and how each is asked.
    fn services(&self) -> impl Iterator<Item = (&'static Component, components::Reach)> {
        let all = self.parts.components.iter();
        all.filter_map(|component| Some((*component, component.reach?)))
    }

    /// The cluster and the room in it.
    async fn host(&self) -> Result<Host> {
        let kube = self.parts.connect().await?;
        let version = kube.version().await.map_err(advice::kube)?;
        let room = kube.room(&manifests::scope(&self.parts.site)).await;
        let room = room.map_err(advice::kube)?;
        let own = &self.foreign().settings;
        let info = ClusterInfo {
            context: own.context.clone(),
            url: kube.url().to_owned(),
            version,
            namespace: own.namespace.clone(),
            nodes: room.as_ref().map(|room| room.nodes),
            memory_bytes: room.as_ref().map(|room| room.allocatable_bytes),
        };
        let largest_pod = self.largest_pod();
        Ok(Host::Cluster {
            info,
            room,
            largest_pod,
        })
    }

    fn largest_pod(&self) -> Option<(String, u64)> {
        let settings = &self.parts.site.settings;
        let pods = components::in_cluster().flat_map(move |component| {
            let workloads = match component.place {
                Place::Pods(workloads) => workloads,
                Place::Container | Place::Cluster => &[],
            };
            let memory = move |key: &str| settings.number(component.name, key) << 20;
            workloads
                .iter()
                .map(move |one| (one.name, memory(one.memory)))
        });
        let largest = pods.max_by_key(|(_, bytes)| *bytes);
        largest.map(|(name, bytes)| (name.to_owned(), bytes))
    }

    pub(super) fn plan(&self) -> Result<Plan> {
        runtime::pooled()?.block_on(async {
            let host = self.host().await?;
            Plan::make(&self.graph(), &host).await
        })
    }

    /// Whether any pod of it is there, by what the cluster says; one that is silent has none that could
    /// be reached.
    pub(super) fn is_running(&self) -> Result<bool> {
        let found = runtime::single()?.block_on(within("kubernetes", async {
            let kube = self.parts.connect().await?;
            let scope = manifests::scope(&self.parts.site);
            let namespaces = [self.parts.site.namespace()];
            kube.pods(&scope, &namespaces).await.map_err(advice::kube)
        }));
        Ok(found.is_ok_and(|pods| !pods.is_empty()))
    }

    /// Whether each thing that others run is there and may be used, by the names of the things; with
    /// what was said.
    pub(super) fn checks(&self) -> Result<Vec<(&'static str, Result<String>)>> {
        runtime::pooled()?.block_on(async {
            let cluster = ground::ForeignCluster { kubernetes: self };
            let mut found = vec![("kubernetes", cluster.checked().await)];
            for (component, reach) in self.services() {
                found.push((component.name, reach(&self.parts.site, false).await));
            }
            Ok(found)
        })
    }

    /// The accounts that it was given.
    pub(super) fn credentials(&self) -> Vec<Credential> {
        let foreign = self.foreign();
        let accounts = self.services().filter_map(|(component, _)| {
            let account = (component.account?)(foreign)?;
            Some(Credential {
                component: component.name,
                user: account.user,
                password: account.password,
            })
        });
        accounts.collect()
    }
}

/// Whether a component is part of it: what is in the cluster, and what others can run for us.
fn is_part(component: &Component) -> bool {
    !component.is_container() || component.reach.is_some()
}

fn refused(what: &str, why: &str) -> Error {
    ExpectedError::preflight(what.to_owned())
        .because(why)
        .help(
            "docs/KUBERNETES.md has the rights that it takes; another context: `--set \
             kubernetes.context=NAME`",
        )
        .into()
}
