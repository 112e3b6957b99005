//! Figures of topics for `status`: offsets from the broker's watermarks, bytes from its folders.

use super::client::Client;
use super::{Kafka, KafkaError, log_dirs};
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What a broker says of partitions before it leads them.
const PASSING: [RDKafkaErrorCode; 2] = [
    RDKafkaErrorCode::NotLeaderForPartition,
    RDKafkaErrorCode::LeaderNotAvailable,
];

/// How soon it is asked again.
const AGAIN: Duration = Duration::from_millis(100);

/// A partition and its offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionFigures {
    pub partition: i32,
    /// Offset of the oldest record kept.
    pub first: i64,
    /// Offset that the next record gets.
    pub next: i64,
    /// Whether a broker leads it: without one it is neither written nor read.
    pub led: bool,
}

/// A topic with its partitions and size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicFigures {
    /// With the prefix of the settings.
    pub name: String,
    /// Its partitions, in order.
    pub partitions: Vec<PartitionFigures>,
    /// Bytes on the brokers' disks, replicas included; `None` if the brokers' addresses cannot
    /// be reached from here.
    pub bytes: Option<u64>,
}

impl TopicFigures {
    /// Records kept, at most: markers of transactions count, and compaction leaves gaps.
    pub fn records(&self) -> i64 {
        self.partitions
            .iter()
            .map(|partition| partition.next - partition.first)
            .sum()
    }

    /// Sum of the ends of its partitions: two of them, some time apart, give the rate.
    pub fn end(&self) -> i64 {
        self.partitions.iter().map(|partition| partition.next).sum()
    }
}

impl Kafka {
    /// Figures of those of `topics` that exist, in that order.
    ///
    /// # Errors
    /// If the cluster cannot be asked.
    pub async fn topics(&self, topics: &[String]) -> Result<Vec<TopicFigures>, KafkaError> {
        let topics = topics.to_vec();
        let (mut found, addresses) = self
            .blocking(move |kafka| {
                let client = kafka.client()?;
                let metadata = kafka.metadata(&client, None)?;
                let mut found = Vec::new();
                for name in &topics {
                    if let Some(topic) = metadata.topics().iter().find(|one| one.name() == name) {
                        found.push(kafka.topic(&client, topic)?);
                    }
                }
                let brokers = metadata.brokers().iter();
                let addresses: Vec<String> = brokers
                    .map(|broker| format!("{}:{}", broker.host(), broker.port()))
                    .collect();
                Ok((found, addresses))
            })
            .await?;
        let mut sizes = HashMap::new();
        for address in &addresses {
            if let Err(error) = log_dirs::add_bytes(&mut sizes, address, self).await {
                tracing::debug!(%error, address, "sizes of topics are not known");
                return Ok(found);
            }
        }
        for topic in &mut found {
            topic.bytes = Some(sizes.get(&topic.name).copied().unwrap_or(0));
        }
        Ok(found)
    }

    fn topic(
        &self,
        client: &Client,
        topic: &rdkafka::metadata::MetadataTopic,
    ) -> Result<TopicFigures, KafkaError> {
        let mut partitions = Vec::new();
        for partition in topic.partitions() {
            let led = partition.leader() >= 0;
            let (first, next) = if led {
                self.watermarks(client, topic.name(), partition.id())?
            } else {
                (0, 0)
            };
            partitions.push(PartitionFigures {
                partition: partition.id(),
                first,
                next,
                led,
            });
        }
        partitions.sort_by_key(|partition| partition.partition);
        Ok(TopicFigures {
            name: topic.name().to_owned(),
            partitions,
            bytes: None,
        })
    }

    /// First and next offset of a partition. A broker that has just started says at first that
    /// it does not lead it; that passes.
    pub(super) fn watermarks(
        &self,
        client: &Client,
        topic: &str,
        partition: i32,
    ) -> Result<(i64, i64), KafkaError> {
        let deadline = Instant::now() + self.timeout;
        loop {
            let error = match client.fetch_watermarks(topic, partition, self.timeout) {
                Ok(offsets) => return Ok(offsets),
                Err(error) => error,
            };
            match error.rdkafka_error_code() {
                Some(code) if PASSING.contains(&code) && Instant::now() < deadline => {
                    std::thread::sleep(AGAIN);
                }
                Some(RDKafkaErrorCode::BrokerTransportFailure) => {
                    return Err(self.unreachable(client, &error));
                }
                _ => {
                    let what = format!("tell the offsets of {topic}-{partition}");
                    return Err(KafkaError::refused(what, error));
                }
            }
        }
    }
}
