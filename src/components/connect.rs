//! Kafka Connect: one worker with the connector that reads the feed.

use super::{Component, Port};

pub(super) static CONNECT: Component = Component {
    name: "connect",
    purpose: "reads the feed into Kafka",
    depends_on: &["kafka"],
    ports: &[Port {
        name: "connect",
        setting: "connect.port",
        variable: "WIKISENTRY_CONNECT_PORT",
        number: |settings| settings.connect.port,
        url: "http://{}",
    }],
    memory_mib: |settings| settings.connect.memory_mib,
    // Its own layer alone: the rest is Kafka's.
    image_bytes: 700_000,
    variables: |settings| {
        vec![
            (
                "WIKISENTRY_CONNECT_MEMORY",
                format!("{}m", settings.connect.memory_mib),
            ),
            (
                "WIKISENTRY_CONNECT_HEAP",
                format!("{}m", settings.connect.heap_mib),
            ),
        ]
    },
};
