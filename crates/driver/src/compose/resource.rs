//! Networks and volumes of a compose file. They have docker compose's own names.

use super::subnet::Subnet;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// A bridge network of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Its name in the engine.
    #[serde(skip_deserializing)]
    pub name: String,
    /// Of the drivers, the one there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<Driver>,
    pub ipam: Ipam,
}

/// What makes a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Driver {
    /// A bridge of the engine's machine.
    Bridge,
}

/// Addresses of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ipam {
    /// The one range of addresses.
    pub config: [AddressRange; 1],
}

/// A network's range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressRange {
    pub subnet: Subnet,
    /// The engine's own; `None` lets it take the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Ipv4Addr>,
}

/// A named volume of the project, of the driver `local` without options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Volume {
    /// Its name in the engine.
    pub name: String,
}
