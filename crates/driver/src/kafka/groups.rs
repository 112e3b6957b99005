//! Consumer groups and their lag. It joins none.

use super::{Kafka, KafkaError};
use rdkafka::consumer::Consumer;
use rdkafka::{Offset, TopicPartitionList};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerGroup {
    pub name: String,
    /// Kafka's name for its state, such as `Stable` or `Empty`.
    pub state: String,
    /// Consumers in it now.
    pub members: usize,
}

/// How far a group is in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionLag {
    /// The topic's full name.
    pub topic: String,
    pub partition: i32,
    /// The next offset the group would read.
    pub committed: i64,
    /// Offsets from there to the end. Markers of transactions count as well.
    pub lag: i64,
}

impl Kafka {
    /// All consumer groups, by name.
    ///
    /// # Errors
    /// If the cluster cannot be asked.
    pub async fn groups(&self) -> Result<Vec<ConsumerGroup>, KafkaError> {
        self.blocking(|kafka| {
            let client = kafka.client()?;
            let list = client
                .fetch_group_list(None, kafka.timeout)
                .map_err(|error| kafka.unreachable(&client, &error))?;
            let mut groups: Vec<_> = list
                .groups()
                .iter()
                .map(|group| ConsumerGroup {
                    name: group.name().to_owned(),
                    state: group.state().to_owned(),
                    members: group.members().len(),
                })
                .collect();
            groups.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(groups)
        })
        .await
    }

    /// How far `group` is in those of `topics` that exist and that it has committed offsets of.
    ///
    /// # Errors
    /// If the cluster cannot be asked.
    pub async fn group_lag(
        &self,
        group: &str,
        topics: &[String],
    ) -> Result<Vec<PartitionLag>, KafkaError> {
        let (group, topics) = (group.to_owned(), topics.to_vec());
        self.blocking(move |kafka| kafka.lag(&group, &topics)).await
    }

    fn lag(&self, group: &str, topics: &[String]) -> Result<Vec<PartitionLag>, KafkaError> {
        let client: super::client::Client = self.create(
            self.config()
                .set("group.id", group)
                .set("enable.auto.commit", "false")
                .set("allow.auto.create.topics", "false"),
        )?;
        let metadata = self.metadata(&client, None)?;
        let mut asked = TopicPartitionList::new();
        for topic in metadata.topics() {
            if topics.iter().any(|name| name == topic.name()) {
                for partition in topic.partitions() {
                    asked.add_partition(topic.name(), partition.id());
                }
            }
        }
        if asked.count() == 0 {
            return Ok(Vec::new());
        }
        // The list holds on to the client: while it lives, the client cannot be dropped.
        let committed: Vec<_> = {
            let answer = client
                .committed_offsets(asked, self.timeout)
                .map_err(|error| {
                    KafkaError::refused(format!("tell the offsets of group {group}"), error)
                })?;
            let elements = answer.elements();
            let offsets = elements
                .iter()
                .filter_map(|element| match element.offset() {
                    Offset::Offset(offset) => {
                        Some((element.topic().to_owned(), element.partition(), offset))
                    }
                    _ => None,
                });
            offsets.collect()
        };
        committed
            .into_iter()
            .map(|(topic, partition, committed)| {
                let (_, end) = self.watermarks(&client, &topic, partition)?;
                Ok(PartitionLag {
                    lag: (end - committed).max(0),
                    topic,
                    partition,
                    committed,
                })
            })
            .collect()
    }
}
