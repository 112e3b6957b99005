//! The topics: partitions and retention by the settings.

use super::settings::KafkaSettings;
use super::{advice, client};
use crate::components::Site;
use crate::error::{Error, Result};
use futures_util::future::BoxFuture;
use std::time::Duration;
use wikisentry_core::topic::Topic;
use wikisentry_driver::converge::{Change, Converge, Demand, Growth, OnWork, Verb, Work};
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
    let found = found.map_err(advice::of(site))?;
    let ends = found.iter().map(|topic| topic.end());
    Ok(u64::try_from(ends.sum::<i64>()).unwrap_or_default())
}

/// Every topic as it should be.
pub(super) fn specs(site: &Site) -> Vec<TopicSpec> {
    let settings = KafkaSettings::of(&site.settings);
    // One broker of ours has nothing to keep a second copy on.
    let foreign = site.foreign.as_ref();
    let replication = foreign.map_or(1, |foreign| foreign.settings.kafka.replication);
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
                replication: i32::from(replication),
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
pub(super) struct Topics<'a> {
    kafka: Kafka,
    specs: Vec<TopicSpec>,
    growth: u64,
    site: &'a Site,
}

impl<'a> Topics<'a> {
    pub(super) fn of(site: &'a Site) -> Self {
        let settings = KafkaSettings::of(&site.settings);
        let specs = specs(site);
        Self {
            kafka: client(site),
            growth: settings.retention_bytes.saturating_mul(specs.len() as u64),
            specs,
            site,
        }
    }

    /// What differs. In a Kafka of others a topic that is there stays as it is: what it keeps, and for
    /// how long, is theirs to say.
    async fn differences(&self) -> Result<Vec<Change>> {
        let found = self.kafka.diff_topics(&self.specs).await;
        let found = found.map_err(advice::of(self.site))?;
        Ok(match self.site.is_foreign() {
            true => found.into_iter().map(left).collect(),
            false => found,
        })
    }
}

/// A change of a topic as nothing but a note.
fn left(change: Change) -> Change {
    match change.verb {
        Verb::Change => {
            let note = format!(
                "it is left as it is, where ours would be set {}",
                change.detail
            );
            Change::new(Verb::Keep, change.kind, change.name).because(note)
        }
        _ => change,
    }
}

impl Converge for Topics<'_> {
    type Error = Error;

    fn key(&self) -> &'static str {
        "topics"
    }

    fn needs(&self) -> Vec<&'static str> {
        vec!["kafka"]
    }

    fn demand(&self) -> Demand {
        if self.site.is_foreign() {
            // It is not this machine's disk.
            return Demand::default();
        }
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
        Some(self.site.settings.docker.deadline)
    }

    fn plan(&self, has_needs: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async move {
            if !has_needs {
                return Ok(self.specs.iter().map(TopicSpec::creation).collect());
            }
            self.differences().await
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            on_work(Work::step("topics"));
            if !self.site.is_foreign() {
                let done = self.kafka.ensure_topics(&self.specs).await;
                return done.map_err(advice::of(self.site));
            }
            let done = self.differences().await?;
            let pairs = self.specs.iter().zip(&done);
            let missing = pairs.filter(|(_, change)| change.verb == Verb::Create);
            let missing: Vec<TopicSpec> = missing.map(|(spec, _)| spec.clone()).collect();
            let made = self.kafka.ensure_topics(&missing).await;
            made.map_err(advice::of(self.site))?;
            Ok(done)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_of_others_is_made_where_it_is_missing_and_else_left_alone() {
        let change = Change::new(Verb::Change, "topic", "edits.bot").because("retention.ms to 1");
        let found = left(change);
        assert_eq!(found.verb, Verb::Keep);
        assert!(found.detail.ends_with("retention.ms to 1"), "{found:?}");
        for verb in [Verb::Create, Verb::Keep] {
            let change = Change::new(verb, "topic", "edits.bot");
            assert_eq!(left(change.clone()), change);
        }
    }
}
