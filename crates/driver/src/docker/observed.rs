//! What is there: the project's containers, networks and volumes, and those of others that bear
//! their names. It decides nothing.

use super::engine::Engine;
use super::error::{During, EngineError, found};
use super::labels;
use crate::compose::Project;
use bollard::models::{ContainerInspectResponse, ContainerSummary};
use futures_util::future::try_join_all;
use ipnet::Ipv4Net;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The part of the engine's world that a project touches.
#[derive(Debug, Clone, Default)]
pub(super) struct Observed {
    /// Containers of the project, and others that have one of its containers' names.
    pub containers: Vec<FoundContainer>,
    /// Every network of the engine: those of others may have the same addresses.
    pub networks: Vec<FoundNetwork>,
    /// Labels of each volume.
    pub volumes: BTreeMap<String, HashMap<String, String>>,
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
    pub subnets: Vec<Ipv4Net>,
    pub gateways: Vec<String>,
    /// Names of the containers in it; only known for the project's own.
    pub users: Vec<String>,
}

/// The project that labels speak of, if any.
pub(super) fn owner(labels: &HashMap<String, String>) -> Option<&str> {
    labels.get(labels::PROJECT).map(String::as_str)
}

/// The project that a container works for, though compose may know nothing of it.
pub(super) fn platform(labels: &HashMap<String, String>) -> Option<&str> {
    let ours = labels.get(labels::PLATFORM).map(String::as_str);
    owner(labels).or(ours)
}

/// Which part of its project a container is.
pub(super) fn part(labels: &HashMap<String, String>) -> Option<&str> {
    let part = labels.get(labels::SERVICE);
    part.or_else(|| labels.get(labels::COMPONENT))
        .map(String::as_str)
}

/// Whether what has these labels is of `project`.
pub(super) fn is_of(project: &Project, labels: &HashMap<String, String>) -> bool {
    owner(labels) == Some(project.name.as_str())
}

impl Engine {
    /// Looks at everything that `project` touches.
    pub(super) async fn observe(&self, project: &Project) -> Result<Observed, EngineError> {
        let (containers, networks, volumes, images) = tokio::try_join!(
            self.observe_containers(project),
            self.observe_networks(project),
            self.volumes(None),
            self.observe_images(project),
        )?;
        let volumes = volumes.into_iter();
        Ok(Observed {
            containers,
            networks,
            volumes: volumes.map(|one| (one.name, one.labels)).collect(),
            images,
        })
    }

    async fn observe_containers(
        &self,
        project: &Project,
    ) -> Result<Vec<FoundContainer>, EngineError> {
        let services = project.services.keys();
        let wanted: BTreeSet<String> = services.map(|name| project.container_name(name)).collect();
        let matters = |summary: &ContainerSummary| {
            let labels = summary.labels.as_ref();
            labels.is_some_and(|labels| is_of(project, labels)) || wanted.contains(name_of(summary))
        };
        let summaries = self.containers(None).await?;
        let ids = summaries
            .iter()
            .filter(|summary| matters(summary))
            .filter_map(|summary| summary.id.as_deref());
        let inspected = try_join_all(ids.map(|id| self.look_at(id))).await?;
        // One that went away in the meantime is not there.
        Ok(inspected.into_iter().flatten().map(container).collect())
    }

    /// Every network of the engine: those of others may have the same addresses.
    pub(super) async fn observe_networks(
        &self,
        project: &Project,
    ) -> Result<Vec<FoundNetwork>, EngineError> {
        let look = |listed: bollard::models::Network| async move {
            let mut network = network(&listed);
            if is_of(project, &network.labels) {
                network.users = self.network_users(&network.id).await?;
            }
            Ok::<_, EngineError>(network)
        };
        try_join_all(self.networks(None).await?.into_iter().map(look)).await
    }

    async fn observe_images(
        &self,
        project: &Project,
    ) -> Result<BTreeMap<String, String>, EngineError> {
        let services = project.services.values();
        let references: BTreeSet<&String> = services.map(|service| &service.image).collect();
        let look = references.into_iter().map(|reference| async move {
            let image = found(self.docker.inspect_image(reference).await);
            let image = image.during(|| format!("look for the image {reference}"))?;
            Ok::<_, EngineError>(image.and_then(|image| Some((reference.clone(), image.id?))))
        });
        let images = try_join_all(look).await?;
        Ok(images.into_iter().flatten().collect())
    }
}

/// A container's name; the engine puts a slash before it.
pub(crate) fn name_of(summary: &ContainerSummary) -> &str {
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
