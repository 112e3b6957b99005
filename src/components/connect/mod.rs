//! Kafka Connect: one worker with the connector that reads the feed into Kafka.

mod advice;
mod bookmark;
#[cfg(test)]
mod by_hand;
mod config;
mod connector;
mod probe;
mod settings;

use super::{Component, Image, Port, Publishing, REQUEST, Site, Variable, local};
use crate::error::Result;
use settings::ConnectSettings;
use wikisentry_driver::Account;
use wikisentry_driver::connect::Connect;
use wikisentry_driver::s3::Access;

/// Who may use the worker's REST interface.
const ROOT: &str = "wikisentry";

/// Name of the connector that reads the feed.
const CONNECTOR: &str = "eventstreams";

pub(super) static CONNECT: Component = Component {
    name: "connect",
    purpose: "reads the feed into Kafka",
    depends_on: &["kafka"],
    image: Some(Image {
        parent: Some("kafka"),
        // Its own layer alone: the rest is its parent's.
        bytes: 700_000,
        ..Image::EMBEDDED
    }),
    ports: &[Port {
        name: "connect",
        key: "port",
        publishing: Publishing::Variable("WIKISENTRY_CONNECT_PORT"),
        url: "http://{}",
    }],
    variables: &[
        Variable::mib("WIKISENTRY_CONNECT_MEMORY", "memory_mib"),
        Variable::mib("WIKISENTRY_CONNECT_HEAP", "heap_mib"),
    ],
    compose: include_str!("compose.yaml"),
    defaults: include_str!("defaults.toml"),
    measured: include_str!("measured.toml"),
    check: settings::check,
    accounts: || vec![ROOT],
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
    let account = Account {
        user: ROOT.to_owned(),
        password: site.secrets.password("connect", ROOT).to_owned(),
    };
    Ok(Connect::new(local(port)?, account, REQUEST)?)
}
