//! Kafka: one broker that is its own controller (KRaft). It keeps the topics.

mod advice;
mod probe;
mod records;
mod settings;
mod topics;

pub use settings::KafkaSettings;
pub use topics::topic_name;

use super::{Component, Image, Port, REQUEST, Site, Variable};
use crate::config::Size;
use wikisentry_driver::kafka::Kafka;

const GIB: i64 = 1 << 30;

pub(super) static KAFKA: Component = Component {
    name: "kafka",
    purpose: "the topics",
    image: Image {
        parent: Some("base"),
        bytes: 220_000_000,
        ..Component::PLAIN.image
    },
    ports: &[Port {
        name: "kafka",
        key: "port",
        variable: "WIKISENTRY_KAFKA_PORT",
        url: "{}",
    }],
    variables: &[
        Variable::mib("WIKISENTRY_KAFKA_MEMORY", "memory_mib"),
        Variable::mib("WIKISENTRY_KAFKA_HEAP", "heap_mib"),
    ],
    compose: include_str!("compose.yaml"),
    defaults: include_str!("defaults.toml"),
    of_size: &[
        (Size::Small, "partitions", 2),
        (Size::Small, "retention_bytes", GIB),
        (Size::Large, "partitions", 8),
        (Size::Large, "retention_bytes", 16 * GIB),
    ],
    measured: include_str!("measured.toml"),
    check: settings::check,
    provisions: |site| vec![Box::new(topics::Topics::of(site))],
    probe: || Box::new(probe::TopicProbe::default()),
    records: Some(records::read),
    arrivals: Some(|site| Box::pin(topics::arrivals(site))),
    ..Component::PLAIN
};

/// The topics that the settings make.
#[cfg(test)]
pub(super) fn topic_specs(site: &Site) -> Vec<wikisentry_driver::kafka::TopicSpec> {
    topics::specs(&KafkaSettings::of(&site.settings))
}

/// The broker, as this machine reaches it.
fn client(site: &Site) -> Kafka {
    let port = KafkaSettings::of(&site.settings).port;
    Kafka::new(format!("127.0.0.1:{port}"), REQUEST)
}
