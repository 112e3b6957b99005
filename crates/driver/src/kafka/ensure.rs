//! Brings topics to what they should be: what is missing is created, what differs is changed,
//! nothing is ever removed.

use super::client::Client;
use super::topics::{TopicDifference, TopicSpec};
use super::{Kafka, KafkaError};
use crate::converge::{Change, is_settled};
use rdkafka::admin::{
    AdminOptions, AlterConfig, ConfigEntry, ConfigSource, NewPartitions, NewTopic,
    ResourceSpecifier, TopicReplication,
};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::MetadataTopic;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// A broker puts new settings in force within milliseconds.
const SETTINGS_WITHIN: Duration = Duration::from_secs(3);

impl Kafka {
    /// What [`Kafka::ensure_topics`] would do, in the order of `wanted`. Changes nothing.
    ///
    /// # Errors
    /// If the cluster cannot be asked.
    pub async fn diff_topics(&self, wanted: &[TopicSpec]) -> Result<Vec<Change>, KafkaError> {
        Ok(changes(wanted, &self.differences(wanted).await?))
    }

    /// Makes the topics as wanted and returns what was done. Settings that are not named stay as
    /// somebody else set them. Done twice, the second time changes nothing.
    ///
    /// # Errors
    /// If the cluster cannot be asked or refuses a change. What was done before stays done.
    pub async fn ensure_topics(&self, wanted: &[TopicSpec]) -> Result<Vec<Change>, KafkaError> {
        let differences = self.differences(wanted).await?;
        let mut create = Vec::new();
        for (spec, difference) in wanted.iter().zip(&differences) {
            let Some(TopicDifference { partitions, config }) = difference else {
                create.push(spec);
                continue;
            };
            if let Some(count) = partitions {
                self.add_partitions(&spec.name, *count).await?;
            }
            if !config.is_empty() {
                self.change_config(&spec.name, config).await?;
            }
        }
        self.create_topics(&create).await?;
        let changes = changes(wanted, &differences);
        if !is_settled(&changes) {
            let wanted = wanted.to_vec();
            self.blocking(move |kafka| kafka.wait_for_leaders(&wanted))
                .await?;
        }
        Ok(changes)
    }

    /// How the topics differ; none for one that does not exist.
    async fn differences(
        &self,
        wanted: &[TopicSpec],
    ) -> Result<Vec<Option<TopicDifference>>, KafkaError> {
        let have = self.blocking(|kafka| kafka.partition_counts(&kafka.client()?));
        let have = have.await?;
        let existing: Vec<&str> = wanted
            .iter()
            .map(|spec| spec.name.as_str())
            .filter(|name| have.contains_key(*name))
            .collect();
        let configs = self.configs(&existing).await?;
        let difference = |spec: &TopicSpec| {
            let (partitions, _) = have.get(&spec.name)?;
            Some(spec.compare(*partitions, configs.get(&spec.name)))
        };
        Ok(wanted.iter().map(difference).collect())
    }

    /// Partitions of each topic, and how many of them have a leader.
    fn partition_counts(&self, client: &Client) -> Result<HashMap<String, (i32, i32)>, KafkaError> {
        let metadata = self.metadata(client, None)?;
        let counts = |topic: &MetadataTopic| {
            let all = topic.partitions();
            let led = all.iter().filter(|one| one.leader() >= 0).count();
            (topic.name().to_owned(), (all.len() as i32, led as i32))
        };
        Ok(metadata.topics().iter().map(counts).collect())
    }

    /// A broker answers before it knows of the new topics itself: producers and consumers that
    /// come at once would fail.
    fn wait_for_leaders(&self, wanted: &[TopicSpec]) -> Result<(), KafkaError> {
        let client = self.client()?;
        let deadline = Instant::now() + self.timeout;
        loop {
            let counts = self.partition_counts(&client)?;
            let is_led = |spec: &TopicSpec| {
                let counts = counts.get(&spec.name);
                counts.is_some_and(|(_, led)| *led >= spec.partitions)
            };
            if wanted.iter().all(is_led) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(KafkaError::TimedOut {
                    bootstrap: self.bootstrap.clone(),
                    what: "lead all partitions of the topics".to_owned(),
                    within: self.timeout,
                });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    async fn configs(
        &self,
        topics: &[&str],
    ) -> Result<HashMap<String, HashMap<String, ConfigEntry>>, KafkaError> {
        if topics.is_empty() {
            return Ok(HashMap::new());
        }
        let asked: Vec<_> = topics
            .iter()
            .map(|name| ResourceSpecifier::Topic(name))
            .collect();
        let answers = self
            .admin()?
            .describe_configs(&asked, &self.options())
            .await
            .map_err(|error| KafkaError::refused("tell the settings of topics", error))?;
        let mut found = HashMap::new();
        // The answers come in the order of the questions.
        for (name, answer) in topics.iter().zip(answers) {
            let resource = answer.map_err(|code| {
                KafkaError::refused(format!("tell the settings of topic {name}"), code)
            })?;
            let entries = resource.entries.into_iter();
            found.insert(
                (*name).to_owned(),
                entries.map(|entry| (entry.name.clone(), entry)).collect(),
            );
        }
        Ok(found)
    }

    async fn create_topics(&self, specs: &[&TopicSpec]) -> Result<(), KafkaError> {
        if specs.is_empty() {
            return Ok(());
        }
        let new = specs.iter().map(|spec| {
            let replication = TopicReplication::Fixed(spec.replication);
            let topic = NewTopic::new(&spec.name, spec.partitions, replication);
            let settings = spec.config.iter();
            settings.fold(topic, |topic, (name, value)| topic.set(name, value))
        });
        let new: Vec<_> = new.collect();
        let answers = self
            .admin()?
            .create_topics(&new, &self.options())
            .await
            .map_err(|error| KafkaError::refused("create topics", error))?;
        for answer in answers {
            match answer {
                // Another process created it first.
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, code)) => {
                    return Err(KafkaError::refused(format!("create topic {name}"), code));
                }
            }
        }
        Ok(())
    }

    async fn add_partitions(&self, topic: &str, count: i32) -> Result<(), KafkaError> {
        let what = || format!("add partitions to topic {topic}");
        let wanted = NewPartitions::new(topic, usize::try_from(count).unwrap_or_default());
        let answers = self
            .admin()?
            .create_partitions([&wanted], &self.options())
            .await
            .map_err(|error| KafkaError::refused(what(), error))?;
        for answer in answers {
            answer.map_err(|(_, code)| KafkaError::refused(what(), code))?;
        }
        Ok(())
    }

    /// Kafka's older request replaces all settings of a topic, and librdkafka's newer one is not
    /// offered in Rust: so the settings of others are sent again.
    async fn change_config(
        &self,
        topic: &str,
        changes: &[(String, String)],
    ) -> Result<(), KafkaError> {
        let what = || format!("change settings of topic {topic}");
        let found = self.configs(&[topic]).await?;
        let set_on_topic = found
            .values()
            .flat_map(HashMap::values)
            .filter(|entry| entry.source == ConfigSource::DynamicTopic);
        let mut settings: BTreeMap<&str, &str> = set_on_topic
            .filter_map(|entry| Some((entry.name.as_str(), entry.value.as_deref()?)))
            .collect();
        settings.extend(
            changes
                .iter()
                .map(|(name, to)| (name.as_str(), to.as_str())),
        );
        let alter = settings.iter().fold(
            AlterConfig::new(ResourceSpecifier::Topic(topic)),
            |alter, (name, value)| alter.set(name, value),
        );
        // The Rust binding drops the broker's answer about each topic (0.39): look whether it did.
        self.admin()?
            .alter_configs([&alter], &self.options())
            .await
            .map_err(|error| KafkaError::refused(what(), error))?;
        self.wait_for_config(topic, changes).await
    }

    /// Waits until the settings are in force. Those that were refused never are.
    async fn wait_for_config(
        &self,
        topic: &str,
        changes: &[(String, String)],
    ) -> Result<(), KafkaError> {
        let deadline = Instant::now() + self.timeout.min(SETTINGS_WITHIN);
        loop {
            let found = self.configs(&[topic]).await?;
            let value = |name: &str| found.get(topic)?.get(name)?.value.as_deref();
            let mut wrong = changes.iter().filter(|(name, to)| value(name) != Some(to));
            let Some((name, to)) = wrong.next() else {
                return Ok(());
            };
            if Instant::now() > deadline {
                return Err(KafkaError::refused(
                    format!("change settings of topic {topic}"),
                    format!("`{name}` cannot be `{to}`"),
                ));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new()
            .request_timeout(Some(self.timeout))
            .operation_timeout(Some(self.timeout))
    }
}

fn changes(wanted: &[TopicSpec], differences: &[Option<TopicDifference>]) -> Vec<Change> {
    let pairs = wanted.iter().zip(differences);
    pairs
        .map(|(spec, difference)| spec.change(difference.as_ref()))
        .collect()
}
