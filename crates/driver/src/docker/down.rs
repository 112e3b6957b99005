//! Removing what belongs to a project, and nothing else.

use super::engine::Engine;
use super::error::{During, EngineError, found, status_of};
use super::labels;
use super::observed::name_of;
use super::progress::{ProgressStep, Watcher, tell};
use super::resource::{Resource, ResourceKind};
use crate::compose::Project;
use bollard::models::ContainerSummary;
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder,
    RemoveVolumeOptions,
};
use futures_util::future::join_all;

impl Engine {
    /// Stops and removes the project's containers, those first that others do not depend on, then
    /// its networks; with `purge` its volumes too, and with them all data. What does not have the
    /// project's label is left alone, and so is a network that other containers are in.
    pub async fn down(
        &self,
        project: &Project,
        purge: bool,
        watcher: Watcher<'_>,
    ) -> Result<(), EngineError> {
        let filter = labels::of_project(&project.name);
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filter);
        let containers = self.docker.list_containers(Some(options.build())).await;
        let containers = containers.during(|| "list containers".to_owned())?;

        let order = project.start_order();
        let level = |container: &ContainerSummary| {
            let service = service_of(container);
            let level = order.iter().position(|names| names.contains(&service));
            // What the file no longer knows may depend on anything.
            level.unwrap_or(order.len())
        };
        for wanted in (0..=order.len()).rev() {
            let at_level = containers.iter().filter(|c| level(c) == wanted);
            let removals = at_level.map(|container| self.down_container(container, watcher));
            for result in join_all(removals).await {
                result?;
            }
        }
        self.down_networks(project, watcher).await?;
        if purge {
            self.down_volumes(project, watcher).await?;
        }
        Ok(())
    }

    async fn down_container(
        &self,
        container: &ContainerSummary,
        watcher: Watcher<'_>,
    ) -> Result<(), EngineError> {
        let (id, name) = (container.id.as_deref().unwrap_or(""), name_of(container));
        let resource = Resource::new(ResourceKind::Container, service_of(container), name);
        tell(watcher, &resource, ProgressStep::Stopping);
        self.stop(id, name).await?;
        self.remove(id, name).await?;
        tell(watcher, &resource, ProgressStep::Removed);
        Ok(())
    }

    async fn down_networks(
        &self,
        project: &Project,
        watcher: Watcher<'_>,
    ) -> Result<(), EngineError> {
        let filter = labels::of_project(&project.name);
        let options = ListNetworksOptionsBuilder::default().filters(&filter);
        let networks = self.docker.list_networks(Some(options.build())).await;
        for network in networks.during(|| "list networks".to_owned())? {
            let (id, name) = (
                network.id.unwrap_or_default(),
                network.name.unwrap_or_default(),
            );
            let resource = Resource::new(ResourceKind::Network, "", &name);
            match self.docker.remove_network(&id).await {
                // The engine refuses while something is in it: 403, and 409 from 29 on.
                Err(error) if matches!(status_of(&error), Some(403 | 409)) => {
                    let users = self.network_users(&id).await?;
                    tell(watcher, &resource, ProgressStep::LeftInUse(users));
                }
                removed => {
                    found(removed).during(|| format!("remove the network {name}"))?;
                    tell(watcher, &resource, ProgressStep::Removed);
                }
            }
        }
        Ok(())
    }

    async fn network_users(&self, id: &str) -> Result<Vec<String>, EngineError> {
        let inspected = found(self.docker.inspect_network(id, None).await);
        let inspected = inspected.during(|| "look at a network".to_owned())?;
        let containers = inspected.and_then(|network| network.containers);
        let containers = containers.unwrap_or_default().into_values();
        Ok(containers.filter_map(|container| container.name).collect())
    }

    async fn down_volumes(
        &self,
        project: &Project,
        watcher: Watcher<'_>,
    ) -> Result<(), EngineError> {
        let filter = labels::of_project(&project.name);
        let options = ListVolumesOptionsBuilder::default().filters(&filter);
        let listed = self.docker.list_volumes(Some(options.build())).await;
        let listed = listed.during(|| "list volumes".to_owned())?;
        for volume in listed.volumes.unwrap_or_default() {
            let resource = Resource::new(ResourceKind::Volume, "", &volume.name);
            let options = None::<RemoveVolumeOptions>;
            let removed = found(self.docker.remove_volume(&volume.name, options).await);
            removed.during(|| format!("remove the volume {}", volume.name))?;
            tell(watcher, &resource, ProgressStep::Removed);
        }
        Ok(())
    }
}

fn service_of(container: &ContainerSummary) -> &str {
    let labels = container.labels.as_ref();
    let service = labels.and_then(|labels| labels.get(labels::SERVICE));
    service.map_or("", String::as_str)
}
