//! Who made an edit, as far as reverts tell users apart.

use xxhash_rust::xxh3::xxh3_64;

/// Bits of the fingerprint of an address within its network.
pub(super) const ADDRESS_BITS: u32 = 12;

/// Fingerprints of a user. The addresses of an IPv6 network of 64 bits are one person: providers
/// give each customer at least that, and the tools that roll back take them for one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Author {
    /// 0 if the name is hidden.
    pub person: u32,
    /// Which address of its network, in 12 bits; 0 for accounts, for IPv4, and for a whole network.
    pub address: u16,
}

impl Author {
    /// The author with this name; `None` if it is hidden.
    pub fn of(name: Option<&str>) -> Self {
        let Some(name) = name else {
            return Self::default();
        };
        let Some((network, address)) = ipv6(name) else {
            return Self {
                person: fingerprint(name.as_bytes()),
                address: 0,
            };
        };
        let of_network = |host: u64| (xxh3_64(&host.to_be_bytes()) as u16) >> (16 - ADDRESS_BITS);
        Self {
            person: fingerprint(&network.to_be_bytes()),
            address: address.map_or(0, |host| of_network(host).max(1)),
        }
    }

    pub const fn is_hidden(self) -> bool {
        self.person == 0
    }

    /// Whether both are known and the same person.
    pub const fn is_same_person(self, other: Self) -> bool {
        self.person == other.person && !self.is_hidden()
    }
}

/// 32 bits of a hash; never 0, which stands for what is not known.
pub(super) fn fingerprint(bytes: &[u8]) -> u32 {
    (xxh3_64(bytes) as u32).max(1)
}

/// The network and the address in it of an IPv6 address in any notation, or a network of 64 bits.
fn ipv6(name: &str) -> Option<(u64, Option<u64>)> {
    // A cheap test, which most names fail.
    if !name.contains(':') {
        return None;
    }
    let (address, is_network) = match name.strip_suffix("/64") {
        Some(network) => (network, true),
        None => (name, false),
    };
    let bits = address.parse::<std::net::Ipv6Addr>().ok()?.to_bits();
    Some(((bits >> 64) as u64, (!is_network).then_some(bits as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_are_one_person() {
        let author = |name| Author::of(Some(name));
        let one = author("2001:DB8:0:1:0:0:0:1");
        assert_eq!(one, author("2001:db8:0:1::1"));
        for (other, is_same_person) in [
            ("2001:db8:0:1::2", true),
            ("2001:db8:0:1::/64", true),
            ("2001:db8:0:2::1", false),
            ("192.0.2.1", false),
            ("2001:db8:0:1::1 ", false),
        ] {
            assert_eq!(one.is_same_person(author(other)), is_same_person, "{other}");
            assert_ne!(one, author(other), "{other}");
        }
        assert!(Author::of(None).is_hidden() && !Author::of(Some("")).is_hidden());
        assert!(!Author::of(None).is_same_person(Author::of(None)));
    }
}
