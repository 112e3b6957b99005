//! Removing what belongs to a project, and nothing else.

use super::engine::Engine;
use super::error::{During, EngineError, found, status_of};
use super::observed::name_of;
use super::progress::{ProgressStep, Watcher, tell};
use super::{CONTAINER, NETWORK, VOLUME, labels};
use crate::compose::Project;
use bollard::models::ContainerSummary;
use bollard::query_parameters::RemoveVolumeOptions;
use futures_util::future::join_all;

/// What goes of a project, beside its containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removing {
    /// Nothing: containers of others come back in its networks.
    Containers,
    /// Its networks, which nothing of others is in.
    Networks,
    /// Its networks and volumes, and with them all data.
    Everything,
}

impl Engine {
    /// Stops and removes the project's containers, those first that others do not depend on, then
    /// what else is to go. What does not have the project's label is left alone, and so is a
    /// network that other containers are in.
    pub async fn down(
        &self,
        project: &Project,
        removing: Removing,
        watcher: Watcher<'_>,
    ) -> Result<(), EngineError> {
        let containers = self.containers(Some(&project.name)).await?;
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
        if removing != Removing::Containers {
            self.down_networks(project, watcher).await?;
        }
        if removing == Removing::Everything {
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
        tell(watcher, CONTAINER, name, ProgressStep::Stopping);
        self.stop(id, name).await?;
        self.remove(id, name).await?;
        tell(watcher, CONTAINER, name, ProgressStep::Removed);
        Ok(())
    }

    async fn down_networks(
        &self,
        project: &Project,
        watcher: Watcher<'_>,
    ) -> Result<(), EngineError> {
        for network in self.networks(Some(&project.name)).await? {
            let (id, name) = (
                network.id.unwrap_or_default(),
                network.name.unwrap_or_default(),
            );
            match self.docker.remove_network(&id).await {
                // The engine refuses while something is in it: 403, and 409 from 29 on.
                Err(error) if matches!(status_of(&error), Some(403 | 409)) => {
                    let users = self.network_users(&id).await?;
                    tell(watcher, NETWORK, &name, ProgressStep::LeftInUse(users));
                }
                removed => {
                    found(removed).during(|| format!("remove the network {name}"))?;
                    tell(watcher, NETWORK, &name, ProgressStep::Removed);
                }
            }
        }
        Ok(())
    }

    async fn down_volumes(
        &self,
        project: &Project,
        watcher: Watcher<'_>,
    ) -> Result<(), EngineError> {
        for volume in self.volumes(Some(&project.name)).await? {
            let options = None::<RemoveVolumeOptions>;
            let removed = found(self.docker.remove_volume(&volume.name, options).await);
            removed.during(|| format!("remove the volume {}", volume.name))?;
            tell(watcher, VOLUME, &volume.name, ProgressStep::Removed);
        }
        Ok(())
    }
}

fn service_of(container: &ContainerSummary) -> &str {
    let labels = container.labels.as_ref();
    let service = labels.and_then(|labels| labels.get(labels::SERVICE));
    service.map_or("", String::as_str)
}
