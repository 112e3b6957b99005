//! Networks and volumes of a compose file. They have docker compose's own names.

use ipnet::Ipv4Net;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
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
    #[serde(deserialize_with = "subnet")]
    pub subnet: Ipv4Net,
    /// The engine's own; `None` lets it take the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Ipv4Addr>,
}

impl AddressRange {
    /// Whether any address is in both.
    pub fn overlaps(&self, other: &Ipv4Net) -> bool {
        self.subnet.contains(other) || other.contains(&self.subnet)
    }
}

fn subnet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ipv4Net, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = || D::Error::custom("an IPv4 network is needed, such as 172.30.0.0/24");
    network(&text).ok_or_else(wrong)
}

/// A network, which is written with its first address.
fn network(text: &str) -> Option<Ipv4Net> {
    let network: Ipv4Net = text.parse().ok()?;
    (network == network.trunc()).then_some(network)
}

/// A named volume of the project, of the driver `local` without options.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Its name in the engine.
    #[serde(skip_deserializing)]
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_seen_whichever_is_larger() {
        for (one, other, overlaps) in [
            ("172.30.0.0/24", "172.30.0.0/16", true),
            ("172.30.1.0/24", "172.30.0.0/24", false),
            ("0.0.0.0/0", "10.0.0.0/8", true),
            ("10.0.0.1/32", "10.0.0.1/32", true),
            ("10.0.0.0/9", "10.128.0.0/9", false),
        ] {
            for (one, other) in [(one, other), (other, one)] {
                let range = AddressRange {
                    subnet: network(one).unwrap(),
                    gateway: None,
                };
                let found = range.overlaps(&network(other).unwrap());
                assert_eq!(found, overlaps, "{one} {other}");
            }
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.1/24",
            "fd00::/8",
            "10.0.0/8",
        ] {
            assert_eq!(network(text), None, "{text}");
        }
    }
}
