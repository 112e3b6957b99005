//! The settings of a service that are written as one text with colons: ports, mounts, hosts.

use serde::{Deserialize, Serialize, Serializer};
use std::net::IpAddr;

/// What docker compose hashes of each and nothing here varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Constant {
    Ingress,
    Tcp,
    Volume,
}

/// A container's port on the host: `IP:PUBLISHED:TARGET`. Only loopback addresses are let through:
/// nothing of the platform is offered to the network the machine is in. Fields are in the order
/// that docker compose hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PublishedPort {
    mode: Constant,
    /// The host's address: a loopback address.
    pub host_ip: IpAddr,
    /// The port in the container.
    pub target: u16,
    /// The port on the host; `None`, an empty text in the file, lets the engine choose one.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub published: Option<u16>,
    protocol: Constant,
}

fn as_text<S: Serializer>(port: &Option<u16>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&port.unwrap_or_default())
}

impl TryFrom<String> for PublishedPort {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parse = || {
            let (address, target) = text.rsplit_once(':')?;
            let (host_ip, published) = address.rsplit_once(':')?;
            let number = |text: &str| text.parse().ok().filter(|port: &u16| *port > 0);
            Some(Self {
                mode: Constant::Ingress,
                host_ip: host_ip.parse().ok().filter(IpAddr::is_loopback)?,
                target: number(target)?,
                published: match published {
                    "" => None,
                    published => Some(number(published)?),
                },
                protocol: Constant::Tcp,
            })
        };
        parse().ok_or("a port is published on a loopback address only, as 127.0.0.1:9092:9092")
    }
}

/// A named volume that a service mounts: `VOLUME:/path`. Fields are in the order that docker
/// compose hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Mount {
    r#type: Constant,
    /// The volume's name in the file.
    pub source: String,
    /// Where it is mounted.
    pub target: String,
    volume: NoOptions,
}

/// What docker compose makes of a mount's options where there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct NoOptions {}

impl TryFrom<String> for Mount {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_name = |name: &str| name.starts_with(|c: char| c.is_ascii_alphanumeric());
        match text.split_once(':') {
            Some((source, target))
                if is_name(source) && target.starts_with('/') && !target.contains(':') =>
            {
                Ok(Self {
                    r#type: Constant::Volume,
                    source: source.to_owned(),
                    target: target.to_owned(),
                    volume: NoOptions {},
                })
            }
            _ => Err("a mount is a named volume and a path, as data:/data"),
        }
    }
}

/// A line of a container's `/etc/hosts`: `NAME:ADDRESS`, where the address `host-gateway` is the
/// machine that the engine runs on. docker compose hashes it with `=`, in the order of the texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ExtraHost(pub String);

impl TryFrom<String> for ExtraHost {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.split_once(':') {
            None | Some(("", _) | (_, "")) => Err("each entry is name:address"),
            Some(_) => Ok(Self(text)),
        }
    }
}

impl Serialize for ExtraHost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.replacen(':', "=", 1))
    }
}
