//! The topics and who reads them, as `status` shows them.

use super::{advice, client, topics};
use crate::components::{Findings, Probe, Site};
use crate::error::Result;
use futures_util::future::{BoxFuture, join_all};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use wikisentry_driver::kafka::{ConsumerGroup, Kafka, KafkaError, TopicFigures};
use wikisentry_engine::status::{ConsumerStatus, Problem, TopicStatus};

/// Between the two looks that the first rate is made of.
const BETWEEN: Duration = Duration::from_secs(1);

/// Remembers the ends of topics, and when they were: two looks give rates.
#[derive(Default)]
pub(super) struct TopicProbe {
    earlier: Option<(Instant, BTreeMap<String, i64>)>,
}

impl Probe for TopicProbe {
    fn look<'a>(&'a mut self, site: &'a Site) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(async move {
            let wanted = topics::specs(site);
            let names: Vec<String> = wanted.into_iter().map(|topic| topic.name).collect();
            let kafka = client(site);
            let asked = tokio::try_join!(self.topics(&kafka, &names), consumers(&kafka, &names));
            let ((topics, rates), consumers) = asked.map_err(advice::of(site))?;
            Ok(Findings {
                problems: problems(&topics),
                topics: topics.iter().map(|one| topic(one, &rates)).collect(),
                consumers,
                ..Findings::default()
            })
        })
    }
}

impl TopicProbe {
    /// Topics and rates. The first look takes a second longer, for the rates.
    async fn topics(
        &mut self,
        kafka: &Kafka,
        names: &[String],
    ) -> Result<(Vec<TopicFigures>, BTreeMap<String, f64>), KafkaError> {
        let look = async || {
            let found = kafka.topics(names).await?;
            let ends = found.iter().map(|topic| (topic.name.clone(), topic.end()));
            let ends: BTreeMap<String, i64> = ends.collect();
            Ok::<_, KafkaError>((found, (Instant::now(), ends)))
        };
        let first = match self.earlier.take() {
            Some(ends) => ends,
            None => {
                let (_, ends) = look().await?;
                tokio::time::sleep(BETWEEN).await;
                ends
            }
        };
        let (found, ends) = look().await?;
        let rates = rates(&first.1, &ends.1, ends.0.duration_since(first.0));
        self.earlier = Some(ends);
        Ok((found, rates))
    }
}

async fn consumers(kafka: &Kafka, names: &[String]) -> Result<Vec<ConsumerStatus>, KafkaError> {
    let groups = kafka.groups().await?;
    let asked = groups.into_iter().map(|group| async {
        let lag = kafka.group_lag(&group.name, names).await?;
        // Groups that never read a topic of ours are none of our business.
        Ok(lag.map(|lag| consumer(group, lag)))
    });
    let found: Result<Vec<Option<ConsumerStatus>>, KafkaError> =
        join_all(asked).await.into_iter().collect();
    Ok(found?.into_iter().flatten().collect())
}

fn consumer(group: ConsumerGroup, lag: u64) -> ConsumerStatus {
    ConsumerStatus {
        name: group.name,
        lag,
        state: Some(group.state),
        members: Some(group.members),
    }
}

fn topic(found: &TopicFigures, rates: &BTreeMap<String, f64>) -> TopicStatus {
    TopicStatus {
        name: found.name.clone(),
        records: u64::try_from(found.records()).unwrap_or_default(),
        bytes: found.bytes,
        rate: rates.get(&found.name).copied(),
        partitions: Some(found.partitions.len()),
        ..TopicStatus::default()
    }
}

/// Records per second of each topic; a topic that was made again starts at zero.
fn rates(
    before: &BTreeMap<String, i64>,
    now: &BTreeMap<String, i64>,
    elapsed: Duration,
) -> BTreeMap<String, f64> {
    let seconds = elapsed.as_secs_f64();
    if seconds <= 0.0 {
        return BTreeMap::new();
    }
    let rate = |(name, end): (&String, &i64)| {
        let records = (end - before.get(name)?).max(0);
        Some((name.clone(), records as f64 / seconds))
    };
    now.iter().filter_map(rate).collect()
}

/// Topics that nobody leads.
fn problems(found: &[TopicFigures]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for topic in found {
        let dark = topic.partitions.iter().filter(|partition| !partition.led);
        let dark: Vec<String> = dark.map(|one| one.partition.to_string()).collect();
        if !dark.is_empty() {
            let (name, dark) = (&topic.name, dark.join(", "));
            let message = format!("{name} has no leader of partition {dark}");
            let help = "see what the broker says: `wikisentry logs kafka`";
            problems.push(Problem::new("kafka", message, help));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_what_came_between_two_looks() {
        let ends = |pairs: &[(&str, i64)]| -> BTreeMap<String, i64> {
            pairs
                .iter()
                .map(|(name, end)| ((*name).to_owned(), *end))
                .collect()
        };
        let before = ends(&[("a", 100), ("again", 900), ("gone", 5)]);
        let now = ends(&[("a", 160), ("again", 3), ("new", 7)]);
        let found = rates(&before, &now, Duration::from_secs(2));
        let expected = [("a", 30.0), ("again", 0.0)];
        let expected = expected.map(|(name, rate)| (name.to_owned(), rate));
        assert_eq!(found, BTreeMap::from(expected));
        assert_eq!(rates(&before, &now, Duration::ZERO), BTreeMap::new());
    }
}
