//! Published ports, in compose's short and long form. Only loopback addresses are let through:
//! nothing of the platform is offered to the network the machine is in.

use super::document::Node;
use super::error::ComposeError;
use serde::Serialize;
use std::net::IpAddr;

/// A container's port on the host. Fields are in the order that docker compose hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Port {
    mode: &'static str,
    /// The host's address: a loopback address.
    pub host_ip: IpAddr,
    /// The port in the container.
    pub target: u16,
    /// The port on the host; `None` lets the engine choose one.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub published: Option<u16>,
    /// `tcp` or `udp`.
    pub protocol: String,
}

fn as_text<S: serde::Serializer>(port: &Option<u16>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&port.unwrap_or_default())
}

pub(super) fn read(node: &Node) -> Result<Port, ComposeError> {
    if !node.is_mapping() {
        return short(node);
    }
    let mut fields = node.fields()?;
    let host_ip = fields.read("host_ip", |ip| Ok((ip.text()?, ip.clone())))?;
    let Some(target) = fields.read("target", Node::number)? else {
        return node.invalid("target, the port in the container, is missing");
    };
    let published = fields.read("published", |port| port_number(port, &port.text()?))?;
    let protocol = fields.read("protocol", Node::text)?;
    if let Some(mode) = fields.take("mode")
        && mode.text()? != "ingress"
    {
        return mode.unsupported(None);
    }
    fields.finish(&[])?;
    let (ip, at) = host_ip.unwrap_or_else(|| (String::new(), node.clone()));
    port(&at, &ip, published, target, protocol)
}

/// `IP:PUBLISHED:TARGET/PROTOCOL`, where `PUBLISHED` may be empty.
fn short(node: &Node) -> Result<Port, ComposeError> {
    let text = node.text()?;
    let (address, protocol) = match text.split_once('/') {
        Some((address, protocol)) => (address, Some(protocol.to_owned())),
        None => (text.as_str(), None),
    };
    let (address, target) = address.rsplit_once(':').unwrap_or(("", address));
    let (ip, published) = address.rsplit_once(':').unwrap_or(("", address));
    let ip = ip.trim_start_matches('[').trim_end_matches(']');
    let published = (!published.is_empty())
        .then(|| port_number(node, published))
        .transpose()?;
    port(node, ip, published, port_number(node, target)?, protocol)
}

fn port_number(node: &Node, text: &str) -> Result<u16, ComposeError> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => node.invalid("a port is a number from 1 to 65535; ranges are not supported"),
    }
}

fn port(
    node: &Node,
    ip: &str,
    published: Option<u16>,
    target: u16,
    protocol: Option<String>,
) -> Result<Port, ComposeError> {
    let protocol = protocol.unwrap_or_else(|| "tcp".to_owned());
    if !["tcp", "udp"].contains(&protocol.as_str()) {
        return node.invalid("the protocol is tcp or udp");
    }
    match ip.parse::<IpAddr>() {
        Ok(host_ip) if host_ip.is_loopback() => Ok(Port {
            mode: "ingress",
            host_ip,
            target,
            published,
            protocol,
        }),
        _ => node
            .invalid("a port is published on a loopback address only, such as 127.0.0.1:9092:9092"),
    }
}
