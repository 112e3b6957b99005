//! Topics as they should be: what is missing is created, what differs is changed, nothing is ever
//! taken away.

use super::client::Client;
use super::{Kafka, KafkaError};
use rdkafka::admin::{
    AdminOptions, AlterConfig, ConfigEntry, ConfigSource, NewPartitions, NewTopic,
    ResourceSpecifier, TopicReplication,
};
use rdkafka::error::RDKafkaErrorCode;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// A broker puts new settings in force within milliseconds.
const SETTINGS_WITHIN: Duration = Duration::from_secs(3);

/// What becomes of old records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleanup {
    /// Deleted by age and size.
    Delete,
    /// The latest of each key is kept.
    Compact,
    /// Both.
    CompactDelete,
}

impl Cleanup {
    fn as_str(self) -> &'static str {
        match self {
            Cleanup::Delete => "delete",
            Cleanup::Compact => "compact",
            Cleanup::CompactDelete => "compact,delete",
        }
    }
}

/// How a topic should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Full name.
    pub name: String,
    /// At least this many partitions.
    pub partitions: i32,
    /// Replicas of each partition when it is created; `-1` leaves it to the broker.
    pub replication: i32,
    /// `retention.ms`; -1 keeps for ever. `None` leaves it to the broker.
    pub retention_ms: Option<i64>,
    /// `retention.bytes` of one partition; -1 is no bound. `None` leaves it to the broker.
    pub retention_bytes: Option<i64>,
    /// `cleanup.policy`.
    pub cleanup: Cleanup,
    /// Further settings of Kafka by name; they win over the ones above.
    pub config: BTreeMap<String, String>,
}

impl TopicSpec {
    fn settings(&self) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::from([(
            "cleanup.policy".to_owned(),
            self.cleanup.as_str().to_owned(),
        )]);
        for (name, value) in [
            ("retention.ms", self.retention_ms),
            ("retention.bytes", self.retention_bytes),
        ] {
            if let Some(value) = value {
                settings.insert(name.to_owned(), value.to_string());
            }
        }
        settings.extend(self.config.clone());
        settings
    }
}

/// A setting that is not as wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigChange {
    /// Kafka's name for it.
    pub name: String,
    /// As it is, if it has a value.
    pub from: Option<String>,
    /// As it should be.
    pub to: String,
}

/// What has to be done for a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicAction {
    /// It does not exist.
    Create,
    /// It exists and differs.
    Change {
        /// The number of partitions to reach, if there are fewer.
        partitions: Option<i32>,
        /// Settings that differ, by name.
        config: Vec<ConfigChange>,
    },
    /// It is as wanted.
    Keep,
}

/// A topic and what has to be done for it, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPlan {
    /// Full name.
    pub name: String,
    /// What has to be done.
    pub action: TopicAction,
    /// Partitions it has now; 0 if it does not exist. More than wanted stay: to take one away
    /// would lose its records.
    pub partitions: i32,
}

impl Kafka {
    /// What [`Kafka::ensure_topics`] would do, in the order of `wanted`. Changes nothing.
    ///
    /// # Errors
    /// If the cluster cannot be asked.
    pub async fn diff_topics(&self, wanted: &[TopicSpec]) -> Result<Vec<TopicPlan>, KafkaError> {
        let have = self.blocking(Self::partition_counts).await?;
        let existing: Vec<&str> = wanted
            .iter()
            .map(|spec| spec.name.as_str())
            .filter(|name| have.contains_key(*name))
            .collect();
        let configs = self.configs(&existing).await?;
        Ok(wanted
            .iter()
            .map(|spec| {
                let partitions = have.get(&spec.name).copied();
                plan(spec, partitions, configs.get(&spec.name))
            })
            .collect())
    }

    /// Makes the topics as wanted and returns what was done. Settings that are not named stay as
    /// somebody else set them. Done twice, the second time changes nothing.
    ///
    /// # Errors
    /// If the cluster cannot be asked or refuses a change. What was done before stays done.
    pub async fn ensure_topics(&self, wanted: &[TopicSpec]) -> Result<Vec<TopicPlan>, KafkaError> {
        let plans = self.diff_topics(wanted).await?;
        let mut create = Vec::new();
        for (spec, plan) in wanted.iter().zip(&plans) {
            match &plan.action {
                TopicAction::Create => create.push(spec),
                TopicAction::Change { partitions, config } => {
                    if let Some(count) = partitions {
                        self.add_partitions(&spec.name, *count).await?;
                    }
                    if !config.is_empty() {
                        self.change_config(&spec.name, config).await?;
                    }
                }
                TopicAction::Keep => {}
            }
        }
        self.create_topics(&create).await?;
        if plans.iter().any(|plan| plan.action != TopicAction::Keep) {
            let counts = wanted
                .iter()
                .map(|spec| (spec.name.clone(), spec.partitions))
                .collect();
            self.blocking(move |kafka| kafka.wait_for_leaders(&counts))
                .await?;
        }
        Ok(plans)
    }

    fn partition_counts(&self) -> Result<HashMap<String, i32>, KafkaError> {
        let client = self.client()?;
        Ok(self.counts_with_leaders(&client)?.0)
    }

    /// Partitions of each topic, and how many of them have a leader.
    #[allow(clippy::type_complexity)]
    fn counts_with_leaders(
        &self,
        client: &Client,
    ) -> Result<(HashMap<String, i32>, HashMap<String, i32>), KafkaError> {
        let metadata = self.metadata(client, None)?;
        let count = |wanted: fn(i32) -> bool| {
            let of = |topic: &rdkafka::metadata::MetadataTopic| {
                let partitions = topic.partitions().iter();
                partitions.filter(|one| wanted(one.leader())).count() as i32
            };
            let topics = metadata.topics().iter();
            topics
                .map(|topic| (topic.name().to_owned(), of(topic)))
                .collect()
        };
        Ok((count(|_| true), count(|leader| leader >= 0)))
    }

    /// A broker answers before it knows of the new topics itself: producers and consumers that
    /// come at once would fail.
    fn wait_for_leaders(&self, wanted: &HashMap<String, i32>) -> Result<(), KafkaError> {
        let client = self.client()?;
        let deadline = Instant::now() + self.timeout;
        loop {
            let (_, led) = self.counts_with_leaders(&client)?;
            let ready = |(name, count): (&String, &i32)| led.get(name).is_some_and(|n| n >= count);
            if wanted.iter().all(ready) {
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
        let settings: Vec<_> = specs.iter().map(|spec| spec.settings()).collect();
        let new: Vec<_> = specs
            .iter()
            .zip(&settings)
            .map(|(spec, settings)| {
                let replication = TopicReplication::Fixed(spec.replication);
                let topic = NewTopic::new(&spec.name, spec.partitions, replication);
                settings
                    .iter()
                    .fold(topic, |topic, (name, value)| topic.set(name, value))
            })
            .collect();
        let answers = self
            .admin()?
            .create_topics(&new, &self.options())
            .await
            .map_err(|error| KafkaError::refused("create topics", error))?;
        for answer in answers {
            match answer {
                // Somebody else was quicker.
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
    /// offered in Rust: so what others set goes along.
    async fn change_config(&self, topic: &str, changes: &[ConfigChange]) -> Result<(), KafkaError> {
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
                .map(|one| (one.name.as_str(), one.to.as_str())),
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
        changes: &[ConfigChange],
    ) -> Result<(), KafkaError> {
        let deadline = Instant::now() + self.timeout.min(SETTINGS_WITHIN);
        loop {
            let found = self.configs(&[topic]).await?;
            let value = |name: &str| found.get(topic)?.get(name)?.value.as_deref();
            let Some(wrong) = changes
                .iter()
                .find(|change| value(&change.name) != Some(&change.to))
            else {
                return Ok(());
            };
            if Instant::now() > deadline {
                return Err(KafkaError::refused(
                    format!("change settings of topic {topic}"),
                    format!("`{}` cannot be `{}`", wrong.name, wrong.to),
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

fn plan(
    spec: &TopicSpec,
    partitions: Option<i32>,
    config: Option<&HashMap<String, ConfigEntry>>,
) -> TopicPlan {
    let action = match partitions {
        None => TopicAction::Create,
        Some(have) => {
            let value = |name: &String| config.and_then(|all| all.get(name)?.value.clone());
            let config: Vec<_> = spec
                .settings()
                .into_iter()
                .map(|(name, to)| ConfigChange {
                    from: value(&name),
                    name,
                    to,
                })
                .filter(|change| change.from.as_ref() != Some(&change.to))
                .collect();
            let partitions = (have < spec.partitions).then_some(spec.partitions);
            if config.is_empty() && partitions.is_none() {
                TopicAction::Keep
            } else {
                TopicAction::Change { partitions, config }
            }
        }
    };
    TopicPlan {
        name: spec.name.clone(),
        action,
        partitions: partitions.unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> TopicSpec {
        TopicSpec {
            name: "edits".to_owned(),
            partitions: 3,
            replication: 1,
            retention_ms: Some(1000),
            retention_bytes: None,
            cleanup: Cleanup::Delete,
            config: BTreeMap::from([("segment.bytes".to_owned(), "1048576".to_owned())]),
        }
    }

    fn entry(name: &str, value: &str) -> (String, ConfigEntry) {
        let entry = ConfigEntry {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            source: ConfigSource::Default,
            is_read_only: false,
            is_default: true,
            is_sensitive: false,
        };
        (name.to_owned(), entry)
    }

    #[test]
    fn a_plan_creates_changes_or_keeps_and_never_shrinks() {
        let kept_for = |millis| {
            HashMap::from([
                entry("cleanup.policy", "delete"),
                entry("retention.ms", millis),
                entry("segment.bytes", "1048576"),
                entry("max.message.bytes", "5"),
            ])
        };
        let (as_wanted, shorter) = (kept_for("1000"), kept_for("999"));
        let change = ConfigChange {
            name: "retention.ms".to_owned(),
            from: Some("999".to_owned()),
            to: "1000".to_owned(),
        };
        for (have, config, expected) in [
            (None, None, TopicAction::Create),
            (Some(3), Some(&as_wanted), TopicAction::Keep),
            (Some(7), Some(&as_wanted), TopicAction::Keep),
            (
                Some(2),
                Some(&as_wanted),
                TopicAction::Change {
                    partitions: Some(3),
                    config: Vec::new(),
                },
            ),
            (
                Some(3),
                Some(&shorter),
                TopicAction::Change {
                    partitions: None,
                    config: vec![change],
                },
            ),
        ] {
            let plan = plan(&spec(), have, config);
            assert_eq!(plan.action, expected);
            assert_eq!(plan.partitions, have.unwrap_or(0));
        }
    }

    #[test]
    fn settings_by_name_win_over_the_typed_ones() {
        let mut spec = spec();
        spec.config.insert("retention.ms".into(), "5".into());
        assert_eq!(spec.settings()["retention.ms"], "5");
        assert_eq!(spec.settings()["cleanup.policy"], "delete");
    }
}
