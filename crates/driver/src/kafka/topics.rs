//! Topics as they should be, and how they differ. [`super::ensure`] changes them.

use crate::converge::{Change, Verb};
use rdkafka::admin::ConfigEntry;
use std::collections::{BTreeMap, HashMap};

/// How a topic should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// With the prefix of the settings.
    pub name: String,
    /// At least this many partitions.
    pub partitions: i32,
    /// Replicas of each partition when it is created; `-1` leaves it to the broker.
    pub replication: i32,
    /// Settings by Kafka's names for them, such as `retention.ms`; others are left to the broker.
    pub config: BTreeMap<String, String>,
}

impl TopicSpec {
    /// What is done with it where it does not exist.
    pub fn creation(&self) -> Change {
        let detail = format!("{} partitions", self.partitions);
        Change::new(Verb::Create, "topic", &self.name).because(detail)
    }

    /// Compares it with the partitions and settings of the topic that exists.
    pub(super) fn compare(
        &self,
        partitions: i32,
        config: Option<&HashMap<String, ConfigEntry>>,
    ) -> TopicDifference {
        let value = |name: &str| config.and_then(|all| all.get(name)?.value.as_deref());
        let differs = |(name, to): &(&String, &String)| value(name) != Some(to.as_str());
        let differing = self.config.iter().filter(differs);
        TopicDifference {
            partitions: (partitions < self.partitions).then_some(self.partitions),
            config: differing
                .map(|(name, to)| (name.clone(), to.clone()))
                .collect(),
        }
    }

    /// What is done with it; without a difference it does not exist.
    pub(super) fn change(&self, difference: Option<&TopicDifference>) -> Change {
        let words = |TopicDifference { partitions, config }: &TopicDifference| {
            let partitions = partitions.map(|count| format!("to {count} partitions"));
            let config = config.iter().map(|(name, to)| format!("{name} to {to}"));
            partitions
                .into_iter()
                .chain(config)
                .collect::<Vec<String>>()
        };
        self.creation().or_by(difference.map(words).as_deref())
    }
}

/// How a topic that exists differs from what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TopicDifference {
    /// The number of partitions to reach, if there are fewer. More than wanted stay: to take one
    /// away would lose its records.
    pub(super) partitions: Option<i32>,
    /// Settings that differ: Kafka's name for each, and as it should be.
    pub(super) config: Vec<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::admin::ConfigSource;

    fn spec() -> TopicSpec {
        TopicSpec {
            name: "edits".to_owned(),
            partitions: 3,
            replication: 1,
            config: [
                ("cleanup.policy", "delete"),
                ("retention.ms", "1000"),
                ("segment.bytes", "1048576"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
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
    fn a_topic_is_created_changed_or_kept_and_never_shrinks() {
        let kept_for = |millis| {
            HashMap::from([
                entry("cleanup.policy", "delete"),
                entry("retention.ms", millis),
                entry("segment.bytes", "1048576"),
                entry("max.message.bytes", "5"),
            ])
        };
        let (as_wanted, shorter) = (kept_for("1000"), kept_for("999"));
        for (have, config, verb, detail) in [
            (None, None, Verb::Create, "3 partitions"),
            (Some(3), Some(&as_wanted), Verb::Keep, ""),
            (Some(7), Some(&as_wanted), Verb::Keep, ""),
            (Some(2), Some(&as_wanted), Verb::Change, "to 3 partitions"),
            (
                Some(3),
                Some(&shorter),
                Verb::Change,
                "retention.ms to 1000",
            ),
            (
                Some(1),
                Some(&shorter),
                Verb::Change,
                "to 3 partitions, retention.ms to 1000",
            ),
        ] {
            let difference = have.map(|count| spec().compare(count, config));
            let change = spec().change(difference.as_ref());
            let expected = Change::new(verb, "topic", "edits").because(detail);
            assert_eq!(change, expected);
        }
    }
}
