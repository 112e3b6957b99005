//! What is there: the project's containers, networks and volumes, and those of others that bear
//! their names. It decides nothing.

use super::engine::Engine;
use super::error::{During, EngineError, found};
use super::labels;
use crate::compose::{Project, Subnet};
use bollard::models::{ContainerInspectResponse, ContainerSummary, NetworkInspect};
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptions, ListVolumesOptions,
};
use futures_util::future::{join_all, try_join_all};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The part of the engine's world that a project touches.
#[derive(Debug, Clone, Default)]
pub(super) struct Observed {
    /// Containers of the project, and others that have one of its containers' names.
    pub containers: Vec<FoundContainer>,
    /// Every network of the engine: those of others may have the same addresses.
    pub networks: Vec<FoundNetwork>,
    pub volumes: BTreeMap<String, FoundVolume>,
    /// Ids of the images that the project's services name.
    pub images: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct FoundContainer {
    pub id: String,
    pub name: String,
    pub labels: HashMap<String, String>,
    /// `running`, `exited`, `created` …
    pub state: String,
    /// Ids of its networks.
    pub networks: BTreeSet<String>,
    /// Names of the volumes it mounts.
    pub volumes: BTreeSet<String>,
    /// `NAME=value`, the image's own included.
    pub environment: Vec<String>,
    /// Bytes, 0 for none.
    pub memory: i64,
    /// Billionths of a core, 0 for none.
    pub nano_cpus: i64,
    /// Processes and threads, 0 for none.
    pub pids: i64,
    /// `no`, `always`, `unless-stopped` or `on-failure`.
    pub restart: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct FoundNetwork {
    pub id: String,
    pub name: String,
    pub labels: HashMap<String, String>,
    pub subnets: Vec<Subnet>,
    pub gateways: Vec<String>,
    /// Names of the containers in it; only known for the project's own.
    pub users: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct FoundVolume {
    pub labels: HashMap<String, String>,
}

/// The project that labels speak of, if any.
pub(super) fn owner(labels: &HashMap<String, String>) -> Option<&str> {
    labels.get(labels::PROJECT).map(String::as_str)
}

impl Engine {
    /// Looks at everything that `project` touches.
    pub(super) async fn observe(&self, project: &Project) -> Result<Observed, EngineError> {
        let (containers, networks, volumes, images) = tokio::join!(
            self.observe_containers(project),
            self.observe_networks(project),
            self.observe_volumes(),
            self.observe_images(project),
        );
        Ok(Observed {
            containers: containers?,
            networks: networks?,
            volumes: volumes?,
            images: images?,
        })
    }

    /// All containers, running or not.
    pub(super) async fn summaries(&self) -> Result<Vec<ContainerSummary>, EngineError> {
        let all = ListContainersOptionsBuilder::default().all(true).build();
        let containers = self.docker.list_containers(Some(all)).await;
        containers.during(|| "list containers".to_owned())
    }

    async fn observe_containers(
        &self,
        project: &Project,
    ) -> Result<Vec<FoundContainer>, EngineError> {
        let services = project.services.keys();
        let wanted: BTreeSet<String> = services.map(|name| project.container_name(name)).collect();
        let matters = |summary: &ContainerSummary| {
            let labels = summary.labels.as_ref();
            labels.and_then(owner) == Some(project.name.as_str())
                || wanted.contains(name_of(summary))
        };
        let summaries = self.summaries().await?;
        let ids: Vec<&String> = summaries
            .iter()
            .filter(|summary| matters(summary))
            .filter_map(|summary| summary.id.as_ref())
            .collect();
        let inspected = join_all(ids.iter().map(|id| self.docker.inspect_container(id, None)));
        let mut containers = Vec::new();
        for inspected in inspected.await {
            // One that went away in the meantime is not there.
            let inspected = found(inspected).during(|| "look at a container".to_owned())?;
            containers.extend(inspected.map(container));
        }
        Ok(containers)
    }

    /// Every network of the engine: those of others may have the same addresses.
    pub(super) async fn observe_networks(
        &self,
        project: &Project,
    ) -> Result<Vec<FoundNetwork>, EngineError> {
        let all = self.docker.list_networks(None::<ListNetworksOptions>).await;
        let all = all.during(|| "list networks".to_owned())?;
        let look = |listed: bollard::models::Network| async move {
            let is_ours = listed.labels.as_ref().and_then(owner) == Some(project.name.as_str());
            let mut network = network(&listed);
            if is_ours {
                let inspected = self.docker.inspect_network(&network.id, None).await;
                let inspected = found(inspected).during(|| format!("look at {}", network.name))?;
                network.users = inspected.map(users).unwrap_or_default();
            }
            Ok::<_, EngineError>(network)
        };
        try_join_all(all.into_iter().map(look)).await
    }

    async fn observe_volumes(&self) -> Result<BTreeMap<String, FoundVolume>, EngineError> {
        let listed = self.docker.list_volumes(None::<ListVolumesOptions>).await;
        let listed = listed.during(|| "list volumes".to_owned())?;
        let volumes = listed.volumes.unwrap_or_default().into_iter();
        Ok(volumes
            .map(|volume| {
                let labels = volume.labels;
                (volume.name, FoundVolume { labels })
            })
            .collect())
    }

    async fn observe_images(
        &self,
        project: &Project,
    ) -> Result<BTreeMap<String, String>, EngineError> {
        let services = project.services.values();
        let references: BTreeSet<&String> = services.map(|service| &service.image).collect();
        let look = |reference: &'_ String| {
            let reference = reference.clone();
            async move {
                let image = found(self.docker.inspect_image(&reference).await);
                let image = image.during(|| format!("look for the image {reference}"))?;
                Ok::<_, EngineError>(image.and_then(|image| Some((reference, image.id?))))
            }
        };
        let images = try_join_all(references.into_iter().map(look)).await?;
        Ok(images.into_iter().flatten().collect())
    }
}

/// A container's name; the engine puts a slash before it.
pub(super) fn name_of(summary: &ContainerSummary) -> &str {
    let names = summary.names.as_deref().unwrap_or_default();
    names
        .first()
        .map_or("", |name| name.trim_start_matches('/'))
}

pub(super) fn container(inspected: ContainerInspectResponse) -> FoundContainer {
    let config = inspected.config.unwrap_or_default();
    let host = inspected.host_config.unwrap_or_default();
    let settings = inspected.network_settings.unwrap_or_default();
    let networks = settings.networks.unwrap_or_default().into_values();
    let mounts = inspected.mounts.unwrap_or_default().into_iter();
    let state = inspected.state.and_then(|state| state.status);
    let restart = host.restart_policy.and_then(|policy| policy.name);
    FoundContainer {
        id: inspected.id.unwrap_or_default(),
        name: inspected
            .name
            .unwrap_or_default()
            .trim_start_matches('/')
            .to_owned(),
        labels: config.labels.unwrap_or_default(),
        state: state.map(|state| state.to_string()).unwrap_or_default(),
        networks: networks.filter_map(|network| network.network_id).collect(),
        volumes: mounts.filter_map(|mount| mount.name).collect(),
        environment: config.env.unwrap_or_default(),
        memory: host.memory.unwrap_or_default(),
        nano_cpus: host.nano_cpus.unwrap_or_default(),
        pids: host.pids_limit.unwrap_or_default(),
        restart: restart.map(|name| name.to_string()).unwrap_or_default(),
    }
}

fn network(listed: &bollard::models::Network) -> FoundNetwork {
    let ipam = listed.ipam.clone().unwrap_or_default();
    let ranges = ipam.config.unwrap_or_default();
    FoundNetwork {
        id: listed.id.clone().unwrap_or_default(),
        name: listed.name.clone().unwrap_or_default(),
        labels: listed.labels.clone().unwrap_or_default(),
        subnets: ranges
            .iter()
            .filter_map(|range| range.subnet.as_ref()?.parse().ok())
            .collect(),
        gateways: ranges
            .into_iter()
            .filter_map(|range| range.gateway)
            .collect(),
        users: Vec::new(),
    }
}

fn users(inspected: NetworkInspect) -> Vec<String> {
    let containers = inspected.containers.unwrap_or_default().into_values();
    let mut users: Vec<String> = containers.filter_map(|container| container.name).collect();
    users.sort();
    users
}
