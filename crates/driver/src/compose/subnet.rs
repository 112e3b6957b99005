//! An IPv4 network such as `172.30.0.0/24`.

use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// A range of IPv4 addresses that share a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Subnet {
    address: Ipv4Addr,
    prefix: u8,
}

impl Subnet {
    /// Whether any address is in both.
    pub fn overlaps(self, other: Self) -> bool {
        let shorter = self.prefix.min(other.prefix);
        masked(self.address, shorter) == masked(other.address, shorter)
    }

    /// Whether `address` is in it.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        masked(self.address, self.prefix) == masked(address, self.prefix)
    }
}

fn masked(address: Ipv4Addr, prefix: u8) -> u32 {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
    u32::from(address) & mask
}

impl FromStr for Subnet {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (address, prefix) = text.split_once('/')?;
            let (address, prefix) = (address.parse().ok()?, prefix.parse().ok()?);
            let is_first = prefix <= 32 && masked(address, prefix) == u32::from(address);
            is_first.then_some(Self { address, prefix })
        };
        parse().ok_or("an IPv4 network is needed, such as 172.30.0.0/24")
    }
}

impl TryFrom<String> for Subnet {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Serialize for Subnet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_seen_whichever_is_larger() {
        let subnet = |text: &str| text.parse::<Subnet>().unwrap();
        for (one, other, overlaps) in [
            ("172.30.0.0/24", "172.30.0.0/16", true),
            ("172.30.1.0/24", "172.30.0.0/24", false),
            ("0.0.0.0/0", "10.0.0.0/8", true),
            ("10.0.0.1/32", "10.0.0.1/32", true),
            ("10.0.0.0/9", "10.128.0.0/9", false),
        ] {
            assert_eq!(
                subnet(one).overlaps(subnet(other)),
                overlaps,
                "{one} {other}"
            );
            assert_eq!(
                subnet(other).overlaps(subnet(one)),
                overlaps,
                "{other} {one}"
            );
        }
        assert!(subnet("172.30.0.0/24").contains([172, 30, 0, 1].into()));
        assert!(!subnet("172.30.0.0/24").contains([172, 30, 1, 1].into()));
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
            assert!(text.parse::<Subnet>().is_err(), "{text}");
        }
    }
}
