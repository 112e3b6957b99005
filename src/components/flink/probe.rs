//! The job and how far it is, as `status` shows them.

use super::rest::{Checkpoints, Flink, JobOverview};
use crate::components::{Findings, Probe, Site};
use crate::error::Result;
use futures_util::future::{BoxFuture, try_join_all};
use std::collections::BTreeMap;
use wikisentry_core::time::EventTime;
use wikisentry_engine::status::{JobStatus, ModelInUse, Problem};
use wikisentry_lake::clock;

/// A checkpoint that is older than this is a problem, in seconds.
const OLD_CHECKPOINT: f64 = 120.0;

/// What every task tells of its time, of a second in milliseconds.
const BUSY: &str = "busyTimeMsPerSecond";
const BACK_PRESSURE: &str = "backPressuredTimeMsPerSecond";

/// What the operator that classifies tells of its model, behind its own name.
const VERSION: &str = "classify.modelVersion";
const REFUSED: &str = "classify.refusedModelVersion";

pub(super) struct JobProbe;

impl Probe for JobProbe {
    fn look<'a>(&'a mut self, site: &'a Site) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(async move {
            let flink = Flink::of(site).await?;
            let Some(job) = flink.job().await? else {
                return Ok(Findings {
                    problems: vec![Problem::new(
                        "flink",
                        "it runs no job",
                        "see why: `wikisentry logs flink`; start it again: `wikisentry up`",
                    )],
                    ..Findings::default()
                });
            };
            let (checkpoints, restarts, exception, metrics) = tokio::try_join!(
                flink.checkpoints(&job.id),
                flink.restarts(&job.id),
                flink.last_exception(&job.id),
                metrics(&flink, &job.id),
            )?;
            let shown = status(
                &job,
                &checkpoints,
                restarts,
                exception,
                &metrics,
                clock::now(),
            );
            Ok(Findings {
                problems: problems(&shown),
                job: Some(shown),
                model: model(&metrics),
                ..Findings::default()
            })
        })
    }
}

/// The greatest value of each metric among all tasks.
async fn metrics(flink: &Flink, job: &str) -> Result<BTreeMap<String, f64>> {
    let names = [BUSY, BACK_PRESSURE, VERSION, REFUSED];
    let vertices = flink.vertices(job).await?;
    let asked = vertices.iter();
    let asked = asked.map(|vertex| flink.metrics(job, &vertex.id, &names));
    let mut greatest = BTreeMap::new();
    for (name, value) in try_join_all(asked).await?.into_iter().flatten() {
        let kept = greatest.entry(name).or_insert(value);
        *kept = value.max(*kept);
    }
    Ok(greatest)
}

fn status(
    job: &JobOverview,
    checkpoints: &Checkpoints,
    restarts: u64,
    last_exception: Option<String>,
    metrics: &BTreeMap<String, f64>,
    now: EventTime,
) -> JobStatus {
    let last = checkpoints.latest.completed.as_ref();
    let part = |name: &str| metrics.get(name).map(|ms| (ms / 1_000.0).clamp(0.0, 1.0));
    JobStatus {
        state: job.state.to_lowercase(),
        started_at: EventTime::from_millis(job.start_millis).unwrap_or(now),
        restarts,
        checkpoints: checkpoints.counts.completed,
        failed_checkpoints: checkpoints.counts.failed,
        checkpoint_age_seconds: last.map(|last| {
            let age = now.as_millis() - last.completed_millis;
            age.max(0) as f64 / 1_000.0
        }),
        state_bytes: last.map(|last| last.state_bytes),
        busy: part(BUSY),
        back_pressure: part(BACK_PRESSURE),
        last_exception,
    }
}

/// None as long as no task tells of one.
fn model(metrics: &BTreeMap<String, f64>) -> Option<ModelInUse> {
    let version = |name: &str| {
        let value = metrics.get(name).filter(|value| **value >= 1.0);
        value.map(|value| *value as u32)
    };
    Some(ModelInUse {
        version: version(VERSION)?,
        refused: version(REFUSED),
    })
}

fn problems(job: &JobStatus) -> Vec<Problem> {
    let mut problems = Vec::new();
    let said = job.last_exception.as_deref();
    let said = said.map_or(String::new(), |said| format!(": {said}"));
    if job.state != "running" {
        problems.push(Problem::new(
            "flink",
            format!("its job is {}{said}", job.state),
            "see what it says: `wikisentry logs flink`",
        ));
    }
    if let Some(age) = job.checkpoint_age_seconds
        && age > OLD_CHECKPOINT
    {
        problems.push(Problem::new(
            "flink",
            format!("the last checkpoint was complete {age:.0} s ago{said}"),
            "see what it says: `wikisentry logs flink`; what the checkpoints are kept in: \
             `wikisentry logs minio`",
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn job(state: &str, completed: Option<i64>) -> JobStatus {
        let overview = json!({"jid": "j", "name": "n", "state": state, "start-time": 1_000});
        let overview: JobOverview = serde_json::from_value(overview).unwrap();
        let checkpoint = completed.map(
            |at| json!({"latest_ack_timestamp": at, "end_to_end_duration": 40, "state_size": 9}),
        );
        let checkpoints = json!({"counts": {"completed": 3, "failed": 1, "total": 4},
            "latest": {"completed": checkpoint}});
        let checkpoints = serde_json::from_value(checkpoints).unwrap();
        let metrics = BTreeMap::from([(BUSY.to_owned(), 250.0), (VERSION.to_owned(), 2.0)]);
        let now = EventTime::from_millis(200_000).unwrap();
        status(
            &overview,
            &checkpoints,
            5,
            Some("E: x".to_owned()),
            &metrics,
            now,
        )
    }

    #[test]
    fn a_job_that_runs_and_keeps_its_state_has_no_problem() {
        let shown = job("RUNNING", Some(198_500));
        assert_eq!(shown.checkpoint_age_seconds, Some(1.5));
        assert_eq!(
            (shown.restarts, shown.checkpoints, shown.failed_checkpoints),
            (5, 3, 1)
        );
        assert_eq!((shown.busy, shown.back_pressure), (Some(0.25), None));
        assert_eq!(problems(&shown), []);
    }

    #[test]
    fn what_is_wrong_names_the_exception_and_what_to_type() {
        for (shown, words) in [
            (
                job("RESTARTING", Some(199_000)),
                "its job is restarting: E: x",
            ),
            (job("RUNNING", Some(1_000)), "was complete 199 s ago: E: x"),
        ] {
            let found = problems(&shown);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].message.contains(words), "{found:?}");
            assert!(found[0].help.contains("`wikisentry logs flink`"));
        }
    }

    #[test]
    fn the_model_is_what_the_tasks_tell() {
        let of = |pairs: &[(&str, f64)]| {
            let pairs = pairs.iter();
            model(
                &pairs
                    .map(|(name, value)| ((*name).to_owned(), *value))
                    .collect(),
            )
        };
        assert_eq!(of(&[(BUSY, 1.0)]), None);
        let refused = Some(3);
        assert_eq!(
            of(&[(VERSION, 2.0), (REFUSED, 3.0)]),
            Some(ModelInUse {
                version: 2,
                refused
            })
        );
        assert_eq!(of(&[(VERSION, 2.0), (REFUSED, 0.0)]).unwrap().refused, None);
    }
}
