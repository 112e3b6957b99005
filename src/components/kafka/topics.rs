//! The topics: partitions and retention by the settings.

use super::settings::KafkaSettings;
use super::{advice, client};
use crate::components::Site;
use crate::error::{Error, Result};
use futures_util::future::BoxFuture;
use std::time::Duration;
use wikisentry_core::topic::Topic;
use wikisentry_driver::converge::{Change, Converge, Demand, Growth, OnWork, Work};
use wikisentry_driver::kafka::{Kafka, TopicSpec};

/// Kafka drops whole segments, so that a partition of a small topic needs small ones.
const SEGMENTS: u64 = 8;
const LEAST_SEGMENT: u64 = 16 << 20;
const GREATEST_SEGMENT: u64 = 1 << 30;

/// The full name of a topic.
pub fn topic_name(site: &Site, topic: Topic) -> String {
    let prefix = KafkaSettings::of(&site.settings).topic_prefix;
    format!("{prefix}{}", topic.name())
}

/// Ends of the topics of edits.
pub(super) async fn arrivals(site: &Site) -> Result<u64> {
    let topics = [
        Topic::EditsRegistered,
        Topic::EditsAnonymous,
        Topic::EditsBot,
    ];
    ends(site, &topics).await
}

/// Ends of the topic of classified edits, marks of transactions included.
pub(super) async fn results(site: &Site) -> Result<u64> {
    ends(site, &[Topic::EditsClassified]).await
}

async fn ends(site: &Site, topics: &[Topic]) -> Result<u64> {
    let names: Vec<String> = topics
        .iter()
        .map(|topic| topic_name(site, *topic))
        .collect();
    let found = client(site).topics(&names).await;
    let found = found.map_err(advice::of)?;
    let ends = found.iter().map(|topic| topic.end());
    Ok(u64::try_from(ends.sum::<i64>()).unwrap_or_default())
}

/// Every topic as it should be.
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
                config: [
                    ("cleanup.policy", "delete".to_owned()),
                    (
                        "retention.ms",
                        settings.retention_age.as_millis().to_string(),
                    ),
                    ("retention.bytes", bytes.min(i64::MAX as u64).to_string()),
                    ("segment.bytes", segment.to_string()),
                    // Retention goes by it: a recording of years ago must not vanish at once.
                    ("message.timestamp.type", "LogAppendTime".to_owned()),
                ]
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
            }
        })
        .collect()
}

/// The topics, to be brought to their wanted state.
pub(super) struct Topics {
    kafka: Kafka,
    specs: Vec<TopicSpec>,
    growth: u64,
    deadline: Duration,
}

impl Topics {
    pub(super) fn of(site: &Site) -> Self {
        let settings = KafkaSettings::of(&site.settings);
        let specs = specs(&settings);
        Self {
            kafka: client(site),
            growth: settings.retention_bytes.saturating_mul(specs.len() as u64),
            specs,
            deadline: site.settings.docker.deadline,
        }
    }
}

impl Converge for Topics {
    type Error = Error;

    fn key(&self) -> &'static str {
        "topics"
    }

    fn needs(&self) -> Vec<&'static str> {
        vec!["kafka"]
    }

    fn demand(&self) -> Demand {
        Demand {
            growth: vec![Growth {
                what: "the topics".to_owned(),
                bytes: self.growth,
                setting: "kafka.retention_bytes".to_owned(),
            }],
            ..Demand::default()
        }
    }

    fn deadline(&self) -> Option<Duration> {
        Some(self.deadline)
    }

    fn plan(&self, has_needs: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async move {
            if !has_needs {
                return Ok(self.specs.iter().map(TopicSpec::creation).collect());
            }
            let found = self.kafka.diff_topics(&self.specs).await;
            found.map_err(advice::of)
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            on_work(Work::step("topics"));
            let done = self.kafka.ensure_topics(&self.specs).await;
            done.map_err(advice::of)
        })
    }
}
