//! What an engine has, of one project or of all, and a look at one container.

use super::engine::Engine;
use super::error::{During, EngineError, found};
use super::labels;
use bollard::models::{
    ContainerInspectResponse, ContainerSummary, Network, NetworkInspect, Volume,
};
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder,
};

/// Each list is of everything, or of what has the label of `project`.
impl Engine {
    /// Containers, running or not.
    pub(super) async fn containers(
        &self,
        project: Option<&str>,
    ) -> Result<Vec<ContainerSummary>, EngineError> {
        let options = ListContainersOptionsBuilder::new().all(true);
        let options = options.filters(&labels::filter(project)).build();
        let listed = self.docker.list_containers(Some(options)).await;
        listed.during(|| "list containers".to_owned())
    }

    pub(super) async fn networks(
        &self,
        project: Option<&str>,
    ) -> Result<Vec<Network>, EngineError> {
        let options = ListNetworksOptionsBuilder::new().filters(&labels::filter(project));
        let listed = self.docker.list_networks(Some(options.build())).await;
        listed.during(|| "list networks".to_owned())
    }

    pub(super) async fn volumes(&self, project: Option<&str>) -> Result<Vec<Volume>, EngineError> {
        let options = ListVolumesOptionsBuilder::new().filters(&labels::filter(project));
        let listed = self.docker.list_volumes(Some(options.build())).await;
        let listed = listed.during(|| "list volumes".to_owned())?;
        Ok(listed.volumes.unwrap_or_default())
    }

    /// A container by its name or id; none if there is none.
    pub(super) async fn look_at(
        &self,
        container: &str,
    ) -> Result<Option<ContainerInspectResponse>, EngineError> {
        let inspected = found(self.docker.inspect_container(container, None).await);
        inspected.during(|| format!("look at {container}"))
    }

    /// A network by its name or id; none if there is none.
    pub(super) async fn look_at_network(
        &self,
        network: &str,
    ) -> Result<Option<NetworkInspect>, EngineError> {
        let inspected = found(self.docker.inspect_network(network, None).await);
        inspected.during(|| format!("look at the network {network}"))
    }

    /// Names of the containers in a network, sorted.
    pub(super) async fn network_users(&self, network: &str) -> Result<Vec<String>, EngineError> {
        let inspected = self.look_at_network(network).await?;
        let containers = inspected.and_then(|network| network.containers);
        let containers = containers.unwrap_or_default().into_values();
        let mut users: Vec<String> = containers.filter_map(|one| one.name).collect();
        users.sort();
        Ok(users)
    }
}
