//! Kafka Connect: one worker with the connector that reads the feed into Kafka.

mod advice;
mod bookmark;
mod config;
mod connector;
mod probe;
mod settings;

use super::{Component, Image, Port, REQUEST, Site, Variable, local};
use crate::error::{Error, Result};
use settings::ConnectSettings;
use wikisentry_driver::connect::Connect;
use wikisentry_driver::s3::Access;

/// Name of the connector that reads the feed.
const CONNECTOR: &str = "eventstreams";

pub(super) static CONNECT: Component = Component {
    name: "connect",
    purpose: "reads the feed into Kafka",
    depends_on: &["kafka"],
    image: Image {
        parent: Some("kafka"),
        // Its own layer alone: the rest is its parent's.
        bytes: 700_000,
        ..Component::PLAIN.image
    },
    ports: &[Port {
        name: "connect",
        key: "port",
        variable: "WIKISENTRY_CONNECT_PORT",
        url: "http://{}",
    }],
    variables: &[
        Variable {
            name: "WIKISENTRY_CONNECT_MEMORY",
            key: "memory_mib",
            unit: "m",
        },
        Variable {
            name: "WIKISENTRY_CONNECT_HEAP",
            key: "heap_mib",
            unit: "m",
        },
    ],
    compose: include_str!("compose.yaml"),
    defaults: include_str!("defaults.toml"),
    measured: include_str!("measured.toml"),
    check: settings::check,
    // For sinks to come; the source needs nothing.
    store_access: &[("connect/", Access::ReadWrite)],
    provisions: |site| vec![Box::new(connector::Connector { site })],
    probe: || Box::new(probe::ConnectorProbe),
    obstacle: Some(|site| Box::pin(connector::obstacle(site))),
    ..Component::PLAIN
};

/// The worker, as this machine reaches it.
fn client(site: &Site) -> Result<Connect> {
    let port = ConnectSettings::of(&site.settings).port;
    Connect::new(local(port)?, REQUEST).map_err(|error| Error::bug(error.to_string()))
}
