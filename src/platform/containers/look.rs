//! Asks the engine, then Kafka, the worker and the store at once. Each fails on its own, in
//! bounded time; what fails becomes a problem.

use super::{Bucket, Connector, Consumer, Container, DataLayerStatus, Problem, Task, Topic};
use super::{bookmark, problems};
use crate::data_layer::{CONNECTOR, DataLayer, explain};
use crate::error::{Error, ExitStatus, ExpectedError, Result};
use futures_util::StreamExt;
use futures_util::future::join_all;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use wikisentry_core::time::EventTime;
use wikisentry_driver::connect::ConnectorState;
use wikisentry_driver::docker::{Engine, LogRequest, ServiceStatus};
use wikisentry_driver::kafka::{Group, Kafka, TopicStatus};
use wikisentry_engine::status::Health;
use wikisentry_lake::clock;

/// How long each part is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between the two looks that the first rate is made of.
const BETWEEN: Duration = Duration::from_secs(1);
/// Of a container that is not well, these lines are looked through.
const RECENT_LINES: u32 = 200;
const RECENT: Duration = Duration::from_secs(120);
/// What a program says whose disk is full; the second is Java's word for a page of a mapped file
/// that there is no room for.
const FULL: [&str; 2] = ["No space left on device", "unsafe memory access operation"];
/// A thousand objects each; beyond, the store's own count is taken.
const MAX_PAGES: u32 = 10;

/// Looks at a data layer again and again.
pub struct Look<'a> {
    layer: &'a DataLayer,
    names: Vec<String>,
    earlier: Option<Ends>,
}

/// The ends of topics at a time: two of them give rates.
struct Ends {
    at: Instant,
    by_topic: BTreeMap<String, i64>,
}

impl<'a> Look<'a> {
    /// Asks nothing yet.
    pub fn at(layer: &'a DataLayer) -> Self {
        let names = layer.topics().into_iter().map(|topic| topic.name).collect();
        Self {
            layer,
            names,
            earlier: None,
        }
    }

    /// How it does now. The first look takes a second longer, for the rates.
    pub async fn now(&mut self) -> DataLayerStatus {
        let mut problems = Vec::new();
        let mut containers = Vec::new();
        // Who does not run is not asked: one cause, one problem.
        let mut silent = BTreeSet::new();
        match within("docker", self.containers()).await {
            Ok((found, full)) => {
                problems.extend(full.iter().map(|service| problems::full_disk(service)));
                let others = found.iter().filter(|one| !full.contains(&one.service));
                problems.extend(others.filter_map(problems::of_container));
                let down = found.iter().filter(|container| !runs(&container.state));
                silent.extend(down.map(|container| container.service.clone()));
                containers = found;
            }
            Err(error) => problems.push(Problem::of("docker", &error)),
        }
        let asks = |service: &str| !silent.contains(service);
        let earlier = self.earlier.take();
        let (kafka, connect, store) = tokio::join!(
            asked(asks("kafka"), "kafka", self.topics(earlier)),
            asked(asks("connect"), "connect", self.connector()),
            asked(asks("minio"), "minio", self.buckets()),
        );
        let mut answered = false;
        let mut take = |component: &str, error: Error| {
            problems.push(Problem::of(component, &error));
        };
        let (mut topics, mut consumers, mut connector, mut buckets) =
            (Vec::new(), Vec::new(), None, Vec::new());
        let mut wrong = Vec::new();
        match kafka {
            Some(Ok((found, groups, ends, rates))) => {
                answered = true;
                wrong.extend(problems::of_topics(&self.layer.topics(), &found));
                topics = found.iter().map(|one| topic(one, &rates)).collect();
                consumers = groups;
                self.earlier = Some(ends);
            }
            Some(Err(error)) => take("kafka", error),
            None => {}
        }
        match connect {
            Some(Ok(found)) => {
                answered = true;
                wrong.extend(problems::of_connector(&found));
                connector = Some(found);
            }
            Some(Err(error)) => take("connect", error),
            None => {}
        }
        match store {
            Some(Ok(found)) => {
                answered = true;
                buckets = found;
            }
            Some(Err(error)) => take("minio", error),
            None => {}
        }
        problems.extend(wrong);
        let is_up = answered || containers.iter().any(|container| runs(&container.state));
        DataLayerStatus {
            health: match (is_up, problems.is_empty()) {
                (false, _) => Health::NotRunning,
                (true, false) => Health::Degraded,
                (true, true) => Health::Healthy,
            },
            profile: "k3d".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            at: clock::now(),
            containers,
            topics,
            consumers,
            connector,
            buckets,
            problems,
        }
    }

    /// The containers, and those of them that do not run for want of disk.
    async fn containers(&self) -> Result<(Vec<Container>, BTreeSet<String>)> {
        let engine = Engine::connect().await.map_err(explain::engine)?;
        let found = engine.status(&self.layer.project).await;
        let found = found.map_err(explain::engine)?.into_iter().map(container);
        let found: Vec<Container> = found.collect();
        let there = found.iter().filter(|one| one.state != "missing");
        let ailing = there.filter(|one| !one.is_ready);
        let services: Vec<String> = ailing.map(|one| one.service.clone()).collect();
        let mut full = BTreeSet::new();
        if services.is_empty() {
            return Ok((found, full));
        }
        let request = LogRequest {
            services,
            tail: Some(RECENT_LINES),
            since: Some(Timestamp::now() - RECENT),
            ..LogRequest::default()
        };
        let mut lines = engine.logs(&self.layer.project, &request);
        while let Some(line) = lines.next().await {
            let line = line.map_err(explain::engine)?;
            if FULL.iter().any(|words| line.text.contains(words)) {
                full.insert(line.service);
            }
        }
        Ok((found, full))
    }

    async fn topics(&self, earlier: Option<Ends>) -> Result<Found> {
        let kafka = self.layer.kafka();
        let look = async |kafka: &Kafka| {
            let found = kafka.topics(&self.names).await.map_err(explain::kafka)?;
            let ends = found.iter().map(|topic| (topic.name.clone(), topic.end()));
            let ends = Ends {
                at: Instant::now(),
                by_topic: ends.collect(),
            };
            Ok::<_, Error>((found, ends))
        };
        let first = match earlier {
            Some(ends) => ends,
            None => {
                let (_, ends) = look(&kafka).await?;
                tokio::time::sleep(BETWEEN).await;
                ends
            }
        };
        let (looked, consumers) = tokio::join!(look(&kafka), self.consumers(&kafka));
        let (found, ends) = looked?;
        let elapsed = ends.at.duration_since(first.at);
        let rates = rates(&first.by_topic, &ends.by_topic, elapsed);
        Ok((found, consumers?, ends, rates))
    }

    async fn consumers(&self, kafka: &Kafka) -> Result<Vec<Consumer>> {
        let groups = kafka.groups().await.map_err(explain::kafka)?;
        let asked = groups.into_iter().map(|group| async {
            let lags = kafka.group_lag(&group.name, &self.names).await;
            let lags = lags.map_err(explain::kafka)?;
            let lag = lags.iter().map(|one| one.lag.unsigned_abs()).sum();
            // Groups that never read a topic of ours are none of our business.
            Ok((!lags.is_empty()).then(|| consumer(group, lag)))
        });
        let found: Result<Vec<Option<Consumer>>> = join_all(asked).await.into_iter().collect();
        Ok(found?.into_iter().flatten().collect())
    }

    async fn connector(&self) -> Result<Connector> {
        let connect = self.layer.connect()?;
        let (status, offsets) = tokio::join!(connect.status(CONNECTOR), connect.offsets(CONNECTOR));
        let status = status.map_err(explain::connect)?;
        // A connector that has just come has none.
        let offsets = offsets.unwrap_or_default();
        let first_line = |trace: &Option<String>| {
            let trace = trace.as_deref()?;
            trace.lines().next().map(str::to_owned)
        };
        let tasks = status.tasks.iter().map(|task| Task {
            id: task.id,
            state: word(task.state).to_owned(),
            error: first_line(&task.trace),
        });
        Ok(Connector {
            name: status.name.clone(),
            state: word(status.state).to_owned(),
            tasks: tasks.collect(),
            bookmark: bookmark::read(&offsets, clock::now()),
            gaps: bookmark::gaps(&offsets),
        })
    }

    async fn buckets(&self) -> Result<Vec<Bucket>> {
        let names: Vec<String> = self
            .layer
            .buckets()
            .into_iter()
            .map(|one| one.name)
            .collect();
        let found = self.layer.store()?.usage(&names, MAX_PAGES).await;
        let found = found.map_err(|error| match &error {
            wikisentry_driver::s3::S3Error::Refused { code, .. } if code == "NoSuchBucket" => {
                ExpectedError::new(ExitStatus::NotRunning, "the bucket is missing")
                    .help("make it: `wikisentry up`")
                    .into()
            }
            _ => explain::store(error),
        });
        let bucket = |usage: wikisentry_driver::s3::Usage| Bucket {
            name: usage.bucket,
            objects: usage.objects,
            bytes: usage.bytes,
            exact: usage.exact,
        };
        Ok(found?.into_iter().map(bucket).collect())
    }
}

type Found = (Vec<TopicStatus>, Vec<Consumer>, Ends, BTreeMap<String, f64>);

/// Asks a part, or leaves it.
async fn asked<T>(
    ask: bool,
    component: &str,
    work: impl Future<Output = Result<T>>,
) -> Option<Result<T>> {
    match ask {
        true => Some(within(component, work).await),
        false => None,
    }
}

async fn within<T>(component: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            let what = format!("no answer within {seconds} s");
            let help = match component {
                "docker" => "see whether the engine answers: `docker version`".to_owned(),
                service => format!("see what it does: `wikisentry logs {service}`"),
            };
            Err(ExpectedError::new(ExitStatus::TimedOut, what)
                .help(help)
                .into())
        }
    }
}

fn runs(state: &str) -> bool {
    !["missing", "created", "exited", "dead", "removing"].contains(&state)
}

fn container(status: ServiceStatus) -> Container {
    let started = status.started;
    Container {
        service: status.service,
        state: status.state,
        is_ready: status.is_ready,
        restarts: status.restarts,
        out_of_memory: status.out_of_memory,
        started_at: started.and_then(|time| EventTime::from_millis(time.as_millisecond())),
        memory_bytes: status.usage.map(|usage| usage.memory_bytes),
        memory_limit_bytes: status.usage.map(|usage| usage.memory_limit_bytes),
    }
}

fn topic(found: &TopicStatus, rates: &BTreeMap<String, f64>) -> Topic {
    Topic {
        name: found.name.clone(),
        partitions: found.partitions.len(),
        records: u64::try_from(found.records()).unwrap_or_default(),
        rate: rates.get(&found.name).copied(),
        bytes: found.bytes,
    }
}

fn consumer(group: Group, lag: u64) -> Consumer {
    Consumer {
        group: group.name,
        state: group.state,
        members: group.members,
        lag,
    }
}

/// Records per second of each topic; a topic that was made anew begins at zero.
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

fn word(state: ConnectorState) -> &'static str {
    match state {
        ConnectorState::Unassigned => "unassigned",
        ConnectorState::Running => "running",
        ConnectorState::Paused => "paused",
        ConnectorState::Stopped => "stopped",
        ConnectorState::Failed => "failed",
        ConnectorState::Restarting => "restarting",
        ConnectorState::Destroyed => "destroyed",
        ConnectorState::Unknown => "unknown",
    }
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
        let before = ends(&[("a", 100), ("anew", 900), ("gone", 5)]);
        let now = ends(&[("a", 160), ("anew", 3), ("new", 7)]);
        let found = rates(&before, &now, Duration::from_secs(2));
        let expected = [("a", 30.0), ("anew", 0.0)];
        let expected = expected.map(|(name, rate)| (name.to_owned(), rate));
        assert_eq!(found, BTreeMap::from(expected));
        assert_eq!(rates(&before, &now, Duration::ZERO), BTreeMap::new());
    }
}
