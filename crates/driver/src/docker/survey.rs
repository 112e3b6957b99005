//! What `doctor` and `replay` ask of an engine: what of a project is left, which container
//! publishes which port, how containers reach this machine. It changes nothing.

use super::engine::Engine;
use super::error::EngineError;
use super::observed::{name_of, platform};
use bollard::models::{ContainerSummaryStateEnum, IpamConfig};
use ipnet::Ipv4Net;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Docker's own network; the engine gives `host-gateway` its address, unless told otherwise.
const BRIDGE: &str = "bridge";

/// What has a compose project's label: names, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ProjectResources {
    /// Containers, running or not.
    pub containers: Vec<String>,
    pub networks: Vec<String>,
    pub volumes: Vec<String>,
}

/// A container that publishes a port on the host.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Publisher {
    pub container: String,
    /// The project it works for, if for any: by its compose project or our own label.
    pub project: Option<String>,
}

impl Engine {
    /// Everything of the compose project called `project`.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn project_resources(&self, project: &str) -> Result<ProjectResources, EngineError> {
        let (containers, networks, volumes) = tokio::try_join!(
            self.containers(Some(project)),
            self.networks(Some(project)),
            self.volumes(Some(project)),
        )?;
        Ok(ProjectResources {
            containers: sorted(containers.iter().map(|one| name_of(one).to_owned())),
            networks: sorted(networks.into_iter().filter_map(|network| network.name)),
            volumes: sorted(volumes.into_iter().map(|volume| volume.name)),
        })
    }

    /// The ports that containers publish on the host, on whatever address. The ports of one that
    /// is being started count: the engine takes them before it says so.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn published_ports(&self) -> Result<BTreeMap<u16, Publisher>, EngineError> {
        let (mut published, mut starting) = (BTreeMap::new(), Vec::new());
        for summary in self.containers(None).await? {
            let publisher = Publisher {
                container: name_of(&summary).to_owned(),
                project: summary
                    .labels
                    .as_ref()
                    .and_then(platform)
                    .map(str::to_owned),
            };
            let state = summary.state;
            if matches!(
                state,
                Some(ContainerSummaryStateEnum::CREATED | ContainerSummaryStateEnum::RESTARTING)
            ) {
                starting.push(publisher);
                continue;
            }
            let ports = summary.ports.iter().flatten();
            for port in ports.filter_map(|port| port.public_port) {
                published.insert(port, publisher.clone());
            }
        }
        for publisher in starting {
            for port in self.ports_asked_for(&publisher.container).await? {
                published.entry(port).or_insert_with(|| publisher.clone());
            }
        }
        Ok(published)
    }

    /// The ports of the host that a container was made with.
    async fn ports_asked_for(&self, container: &str) -> Result<Vec<u16>, EngineError> {
        let made = self.look_at(container).await?;
        let bindings = made
            .and_then(|made| made.host_config?.port_bindings)
            .unwrap_or_default();
        let places = bindings.into_values().flatten().flatten();
        let ports = places.filter_map(|place| place.host_port?.parse().ok());
        Ok(ports.collect())
    }

    /// The address of this machine at which what containers send to `host.docker.internal`
    /// arrives: that in Docker's bridge. None if the engine has no bridge, or runs in a virtual
    /// machine: that one forwards to the loopback address.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn host_gateway(&self) -> Result<Option<IpAddr>, EngineError> {
        if self.info().await?.virtual_machine {
            return Ok(None);
        }
        let network = self.look_at_network(BRIDGE).await?;
        let ipam = network.and_then(|network| network.ipam).unwrap_or_default();
        let ranges = ipam.config.unwrap_or_default().into_iter();
        Ok(ranges.filter_map(|range| gateway(&range)).next())
    }
}

/// The gateway of an IPv4 range. Old engines do not report one that they chose themselves: it is
/// the first address.
fn gateway(range: &IpamConfig) -> Option<IpAddr> {
    if let Some(gateway) = &range.gateway {
        return gateway.parse().ok().filter(IpAddr::is_ipv4);
    }
    let network: Ipv4Net = range.subnet.as_ref()?.parse().ok()?;
    network.hosts().next().map(IpAddr::from)
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_told_or_the_first_address() {
        for (subnet, told, expected) in [
            ("172.17.0.0/16", Some("172.17.0.9"), Some("172.17.0.9")),
            ("172.17.0.0/16", None, Some("172.17.0.1")),
            ("fd00::/64", Some("fd00::1"), None),
            ("fd00::/64", None, None),
            ("nonsense", None, None),
        ] {
            let range = IpamConfig {
                subnet: Some(subnet.to_owned()),
                gateway: told.map(str::to_owned),
                ..IpamConfig::default()
            };
            let found = gateway(&range).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{subnet} {told:?}");
        }
    }
}
