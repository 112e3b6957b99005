//! Flink's REST interface, as far as it is asked here
//! (<https://nightlies.apache.org/flink/flink-docs-release-2.3/docs/ops/rest_api/>).

use super::way::{Way, unusable};
use crate::components::Site;
use crate::error::{ExpectedError, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often a savepoint is asked for.
const POLL: Duration = Duration::from_millis(500);

/// The newest JobManager's answers, by whichever way leads there.
pub(super) struct Flink {
    way: Way,
}

/// A job, as the overview has it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct JobOverview {
    #[serde(rename = "jid")]
    pub id: String,
    /// `RUNNING`, `RESTARTING`, `FINISHED` …
    pub state: String,
    #[serde(rename = "start-time")]
    pub start_millis: i64,
}

/// Checkpoints of a job.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Checkpoints {
    pub counts: CheckpointCounts,
    pub latest: LatestCheckpoints,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct CheckpointCounts {
    pub completed: u64,
    pub failed: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct LatestCheckpoints {
    pub completed: Option<Checkpoint>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Checkpoint {
    /// When it was complete.
    #[serde(rename = "latest_ack_timestamp")]
    pub completed_millis: i64,
    /// All of the state, of which only what is new was written.
    #[serde(rename = "state_size")]
    pub state_bytes: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Exceptions {
    #[serde(rename = "exceptionHistory", default)]
    history: ExceptionHistory,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct ExceptionHistory {
    #[serde(default)]
    entries: Vec<ExceptionEntry>,
}

#[derive(Debug, Clone, Deserialize)]
struct ExceptionEntry {
    stacktrace: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Job {
    vertices: Vec<Vertex>,
}

/// A savepoint on its way.
#[derive(Debug, Clone, Deserialize)]
struct Savepoint {
    operation: Option<SavepointOutcome>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct SavepointOutcome {
    location: Option<String>,
    #[serde(rename = "failure-cause")]
    failure: Option<FailureCause>,
}

#[derive(Debug, Clone, Deserialize)]
struct FailureCause {
    #[serde(rename = "stack-trace")]
    stack_trace: String,
}

/// Operators that run chained in the same tasks.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Vertex {
    pub id: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Metric {
    id: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    max: Option<f64>,
}

impl Flink {
    pub(super) async fn of(site: &Site) -> Result<Self> {
        let way = Way::of(site).await?;
        Ok(Self { way })
    }

    /// The newest job; none while there is none.
    pub(super) async fn job(&self) -> Result<Option<JobOverview>> {
        #[derive(Deserialize)]
        struct Overview {
            jobs: Vec<JobOverview>,
        }
        let overview: Overview = self.get("jobs/overview").await?;
        let jobs = overview.jobs.into_iter();
        Ok(jobs.max_by_key(|job| job.start_millis))
    }

    pub(super) async fn checkpoints(&self, job: &str) -> Result<Checkpoints> {
        self.get(&format!("jobs/{job}/checkpoints")).await
    }

    /// How often the job was restarted.
    pub(super) async fn restarts(&self, job: &str) -> Result<u64> {
        let metrics: Vec<Metric> = self
            .get(&format!("jobs/{job}/metrics?get=numRestarts"))
            .await?;
        let value = metrics.into_iter().find_map(|metric| metric.value);
        Ok(value.and_then(|value| value.parse().ok()).unwrap_or(0))
    }

    /// The first line of the last exception.
    pub(super) async fn last_exception(&self, job: &str) -> Result<Option<String>> {
        let found: Exceptions = self
            .get(&format!("jobs/{job}/exceptions?maxExceptions=1"))
            .await?;
        let mut entries = found.history.entries.into_iter();
        let first = entries.next();
        Ok(first.and_then(|entry| entry.stacktrace.lines().next().map(str::to_owned)))
    }

    pub(super) async fn vertices(&self, job: &str) -> Result<Vec<Vertex>> {
        let job: Job = self.get(&format!("jobs/{job}")).await?;
        Ok(job.vertices)
    }

    /// The greatest value of each metric among the tasks of a vertex, by the metric's name.
    pub(super) async fn metrics(
        &self,
        job: &str,
        vertex: &str,
        names: &[&str],
    ) -> Result<BTreeMap<String, f64>> {
        let path = format!(
            "jobs/{job}/vertices/{vertex}/subtasks/metrics?get={}&agg=max",
            names.join(",")
        );
        let metrics: Vec<Metric> = self.get(&path).await?;
        let values = metrics.into_iter();
        Ok(values
            .filter_map(|metric| Some((metric.id, metric.max?)))
            .collect())
    }

    /// Stops a job with a savepoint, and answers where that is.
    ///
    /// # Errors
    /// If it cannot be made, or is not there in time; the job goes on then.
    pub(super) async fn stop(&self, job: &str, within: Duration) -> Result<String> {
        #[derive(Deserialize)]
        struct Triggered {
            #[serde(rename = "request-id")]
            id: String,
        }
        let path = format!("jobs/{job}/stop");
        let triggered: Triggered = self.way.ask(&path, Some(&json!({"drain": false}))).await?;
        let began = Instant::now();
        loop {
            let path = format!("jobs/{job}/savepoints/{}", triggered.id);
            let savepoint: Savepoint = self.get(&path).await?;
            let operation = savepoint.operation.unwrap_or_default();
            if let Some(location) = operation.location {
                return Ok(location);
            }
            if let Some(cause) = operation.failure {
                let said = cause
                    .stack_trace
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                return Err(unusable(format!(
                    "Flink could not make a savepoint: {said}"
                )));
            }
            if began.elapsed() > within {
                let seconds = within.as_secs();
                return ExpectedError::timed_out(format!("no savepoint within {seconds} s"))
                    .help("the job goes on; see what it says: `wikisentry logs flink`")
                    .fail();
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.way.ask(path, None).await
    }
}
