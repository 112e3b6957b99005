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

    /// Offsets from what `group` has committed in `topics` to their ends; none if it has committed
    /// nothing there. Markers of transactions count as well.
    ///
    /// # Errors
    /// If the cluster cannot be asked.
    pub async fn group_lag(
        &self,
        group: &str,
        topics: &[String],
    ) -> Result<Option<u64>, KafkaError> {
        let (group, topics) = (group.to_owned(), topics.to_vec());
        self.blocking(move |kafka| kafka.lag(&group, &topics)).await
    }

    fn lag(&self, group: &str, topics: &[String]) -> Result<Option<u64>, KafkaError> {
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
            return Ok(None);
        }
        // The list holds on to the client: while it lives, the client cannot be dropped.
        let committed = client
            .committed_offsets(asked, self.timeout)
            .map_err(|error| {
                KafkaError::refused(format!("tell the offsets of group {group}"), error)
            })?
            .to_topic_map();
        let mut lag = None;
        for ((topic, partition), offset) in committed {
            let Offset::Offset(committed) = offset else {
                continue;
            };
            let (_, end) = self.watermarks(&client, &topic, partition)?;
            *lag.get_or_insert(0) += (end - committed).max(0).unsigned_abs();
        }
        Ok(lag)
    }
}
