//! Kafka: one broker that is its own controller (KRaft).

use super::{Component, Port};

pub(super) static KAFKA: Component = Component {
    name: "kafka",
    purpose: "the topics",
    depends_on: &[],
    ports: &[Port {
        name: "kafka",
        setting: "kafka.port",
        variable: "WIKISENTRY_KAFKA_PORT",
        number: |settings| settings.kafka.port,
        url: "{}",
    }],
    memory_mib: |settings| settings.kafka.memory_mib,
    image_bytes: 220_000_000,
    variables: |settings| {
        vec![
            (
                "WIKISENTRY_KAFKA_MEMORY",
                format!("{}m", settings.kafka.memory_mib),
            ),
            (
                "WIKISENTRY_KAFKA_HEAP",
                format!("{}m", settings.kafka.heap_mib),
            ),
        ]
    },
};
