//! Topics as they should be, and how they differ. [`super::ensure`] changes them.

use crate::converge::{Change, Verb};
use rdkafka::admin::ConfigEntry;
use std::collections::{BTreeMap, HashMap};

/// Which old records are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cleanup {
    /// Deleted by age and size.
    Delete,
    /// The latest of each key is kept.
    Compact,
    /// The latest of each key is kept, for as long as age and size allow.
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
    /// With the prefix of the settings.
    pub name: String,
    /// At least this many partitions.
    pub partitions: i32,
    /// Replicas of each partition when it is created; `-1` leaves it to the broker.
    pub replication: i32,
    /// `retention.ms`; -1 keeps forever. `None` leaves it to the broker.
    pub retention_ms: Option<i64>,
    /// `retention.bytes` of one partition; -1 is no bound. `None` leaves it to the broker.
    pub retention_bytes: Option<i64>,
    pub cleanup: Cleanup,
    /// Further settings of Kafka by name; they win over the ones above.
    pub config: BTreeMap<String, String>,
}

impl TopicSpec {
    /// What is done with it where it does not exist.
    pub fn creation(&self) -> Change {
        let detail = format!("{} partitions", self.partitions);
        Change::new(Verb::Create, "topic", &self.name).because(detail)
    }

    /// All settings by their names.
    pub(super) fn settings(&self) -> BTreeMap<String, String> {
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
pub(super) struct ConfigDifference {
    /// Kafka's name for it.
    pub(super) name: String,
    /// As it should be.
    pub(super) to: String,
}

/// What has to be done for a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TopicDifference {
    Missing,
    /// It exists and may differ.
    Present {
        /// The number of partitions to reach, if there are fewer. More than wanted stay: to take
        /// one away would lose its records.
        partitions: Option<i32>,
        /// Settings that differ, by name.
        config: Vec<ConfigDifference>,
    },
}

impl TopicDifference {
    /// The difference in the form that everything of the platform has.
    pub(super) fn change(&self, spec: &TopicSpec) -> Change {
        let (partitions, config) = match self {
            Self::Missing => return spec.creation(),
            Self::Present { partitions, config } => (partitions, config),
        };
        let partitions = partitions.map(|count| format!("to {count} partitions"));
        let config = config
            .iter()
            .map(|one| format!("{} to {}", one.name, one.to));
        let differences: Vec<String> = partitions.into_iter().chain(config).collect();
        Change::of_differences("topic", &spec.name, &differences)
    }
}

/// Compares a topic with its partitions, none if it does not exist, and its settings.
pub(super) fn compare(
    spec: &TopicSpec,
    partitions: Option<i32>,
    config: Option<&HashMap<String, ConfigEntry>>,
) -> TopicDifference {
    let Some(have) = partitions else {
        return TopicDifference::Missing;
    };
    let value = |name: &str| config.and_then(|all| all.get(name)?.value.as_deref());
    let settings = spec.settings().into_iter();
    let differing = settings.filter(|(name, to)| value(name) != Some(to.as_str()));
    TopicDifference::Present {
        partitions: (have < spec.partitions).then_some(spec.partitions),
        config: differing
            .map(|(name, to)| ConfigDifference { name, to })
            .collect(),
    }
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
            let change = compare(&spec(), have, config).change(&spec());
            let expected = Change::new(verb, "topic", "edits").because(detail);
            assert_eq!(change, expected);
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
