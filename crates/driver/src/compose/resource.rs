//! Networks and volumes of a compose file.

use super::document::Node;
use super::error::ComposeError;
use super::subnet::Subnet;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// A bridge network of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Its name in the engine.
    pub name: String,
    /// Options of the bridge driver.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub driver_opts: BTreeMap<String, String>,
    /// Its addresses.
    pub ipam: Ipam,
    /// The user's own labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Addresses of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ipam {
    /// Empty lets the engine choose.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub config: Vec<AddressRange>,
}

/// A network's range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressRange {
    /// All addresses.
    #[serde(serialize_with = "as_text")]
    pub subnet: Subnet,
    /// The engine's own; `None` lets it take the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Ipv4Addr>,
}

fn as_text<S: serde::Serializer>(subnet: &Subnet, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(subnet)
}

/// A named volume of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Volume {
    /// Its name in the engine.
    pub name: String,
    /// Options of the driver `local`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub driver_opts: BTreeMap<String, String>,
    /// The user's own labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// `{name: value}` or `["name=value"]` where a missing value is an empty one.
pub(super) fn labels(node: &Node) -> Result<BTreeMap<String, String>, ComposeError> {
    let pairs = node.pairs()?.into_iter();
    Ok(pairs
        .map(|(name, value)| (name, value.unwrap_or_default()))
        .collect())
}

pub(super) fn read_network(project: &str, key: &str, node: &Node) -> Result<Network, ComposeError> {
    let mut fields = node.fields()?;
    only_driver(fields.take("driver"), "bridge", "only bridge networks are")?;
    let network = Network {
        name: named(project, key, fields.read("name", Node::text)?),
        driver_opts: fields.read("driver_opts", labels)?.unwrap_or_default(),
        ipam: fields.read("ipam", ipam)?.unwrap_or_default(),
        labels: fields.read("labels", labels)?.unwrap_or_default(),
    };
    fields.finish(&[])?;
    Ok(network)
}

pub(super) fn read_volume(project: &str, key: &str, node: &Node) -> Result<Volume, ComposeError> {
    let mut fields = node.fields()?;
    only_driver(fields.take("driver"), "local", "only local volumes are")?;
    let volume = Volume {
        name: named(project, key, fields.read("name", Node::text)?),
        driver_opts: fields.read("driver_opts", labels)?.unwrap_or_default(),
        labels: fields.read("labels", labels)?.unwrap_or_default(),
    };
    fields.finish(&[])?;
    Ok(volume)
}

fn named(project: &str, key: &str, given: Option<String>) -> String {
    given.unwrap_or_else(|| format!("{project}_{key}"))
}

fn only_driver(
    given: Option<Node>,
    supported: &str,
    hint: &'static str,
) -> Result<(), ComposeError> {
    match given {
        Some(node) if node.text()? != supported => node.unsupported(Some(hint)),
        _ => Ok(()),
    }
}

fn ipam(node: &Node) -> Result<Ipam, ComposeError> {
    let mut fields = node.fields()?;
    only_driver(fields.take("driver"), "default", "only the default is")?;
    let config = fields.read("config", |config| {
        let ranges = config.list()?;
        if let Some(second) = ranges.get(1) {
            return second.unsupported(Some("one subnet is"));
        }
        ranges.iter().map(address_range).collect()
    })?;
    fields.finish(&[])?;
    let config = config.unwrap_or_default();
    Ok(Ipam { config })
}

fn address_range(node: &Node) -> Result<AddressRange, ComposeError> {
    let mut fields = node.fields()?;
    let subnet: Option<Subnet> = fields.read("subnet", |subnet| {
        let parsed = subnet.text()?.parse();
        parsed.or_else(|()| subnet.invalid("an IPv4 network is expected, such as 172.30.0.0/24"))
    })?;
    let Some(subnet) = subnet else {
        return node.invalid("subnet is missing");
    };
    let gateway = fields.read("gateway", |gateway| match gateway.text()?.parse() {
        Ok(address) if subnet.contains(address) => Ok(address),
        _ => gateway.invalid(format!("an IPv4 address within {subnet} is expected")),
    })?;
    fields.finish(&[])?;
    Ok(AddressRange { subnet, gateway })
}
