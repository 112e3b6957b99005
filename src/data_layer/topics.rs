//! The topics in Kafka: partitions and retention by the settings.

use crate::config::KafkaSettings;
use std::collections::BTreeMap;
use wikisentry_core::topic::Topic;
use wikisentry_driver::kafka::{Cleanup, TopicSpec};

/// Kafka drops whole segments, so that a partition of a small topic needs small ones.
const SEGMENTS: u64 = 8;
const LEAST_SEGMENT: u64 = 16 << 20;
const GREATEST_SEGMENT: u64 = 1 << 30;

pub(super) fn specs(settings: &KafkaSettings) -> Vec<TopicSpec> {
    Topic::ALL
        .into_iter()
        .map(|topic| {
            // Few records, and their order over all keys is worth more than speed.
            let partitions = match topic {
                Topic::Alerts | Topic::DeadLetter => 1,
                _ => settings.partitions,
            };
            let bytes = settings.retention_bytes / u64::from(partitions).max(1);
            let segment = (bytes / SEGMENTS).clamp(LEAST_SEGMENT, GREATEST_SEGMENT);
            TopicSpec {
                name: format!("{}{}", settings.topic_prefix, topic.name()),
                partitions: i32::from(partitions),
                replication: 1,
                retention_ms: i64::try_from(settings.retention_age.as_millis()).ok(),
                retention_bytes: i64::try_from(bytes).ok(),
                cleanup: Cleanup::Delete,
                config: BTreeMap::from([
                    ("segment.bytes".to_owned(), segment.to_string()),
                    // Retention goes by it: a recording of years ago must not vanish at once.
                    (
                        "message.timestamp.type".to_owned(),
                        "LogAppendTime".to_owned(),
                    ),
                ]),
            }
        })
        .collect()
}
