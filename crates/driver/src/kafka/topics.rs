//! Topics as they should be, and what has to be done for them. Doing it is [`super::ensure`]'s.

use rdkafka::admin::ConfigEntry;
use std::collections::{BTreeMap, HashMap};

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

/// Compares a topic with its partitions and settings as they are.
pub(super) fn plan(
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
