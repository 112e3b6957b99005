//! Releases of the job. A job is never changed in place: what runs is stopped with a savepoint, and the
//! next release begins from it, as a job and a cluster of Flink of its own, so that nothing that one
//! release keeps is taken for the other's. A release that does not run is replaced by the one before.

use super::rest::Flink;
use crate::advice;
use crate::components::{Rollout, RolloutSteps};
use crate::error::{Error, ExpectedError, Result};
use crate::state::{read_json, write_json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;
use wikisentry_driver::converge::{Change, OnWork, Verb, Work};
use wikisentry_driver::kube::{ApplyOptions, ObjectSet};
use wikisentry_driver::manifests::Object;

/// The config map with the release, which its pods are started by.
const RELEASE: &str = "flink-release";
/// What of a pod's template makes it start again with another release.
const ANNOTATION: &str = "org.wikisentry/release";
/// What is kept of the release before, in the folder of the component.
const FILE: &str = "release.json";

pub(super) const STEPS: RolloutSteps = RolloutSteps {
    config_maps: &[RELEASE],
    initial: || Release::example().to_value(),
    kept: |rollout| Box::pin(async move { Ok(Release::of(rollout).await?.to_value()) }),
    apply: |rollout, on_work| Box::pin(apply(rollout, on_work)),
};

/// A release: the number that its pods are started by, and where its state came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Release {
    /// From 1; one more with each change.
    number: u32,
    /// Where its state came from; empty for one that began without.
    savepoint: String,
    /// Flink's id of the job, 32 hexadecimal digits. The dashboard's port takes what any page sends
    /// to it, such as the end of a job: only who knows the id can name one.
    job_id: String,
}

impl Release {
    /// The first of all, as one that was never applied: its job has an id that says nothing.
    fn example() -> Self {
        Self {
            number: 1,
            savepoint: String::new(),
            job_id: format!("{:032x}", 1),
        }
    }

    fn first() -> Self {
        Self {
            job_id: random_id(),
            ..Self::example()
        }
    }

    /// The one in the cluster; the first if there is none.
    async fn of(rollout: Rollout<'_>) -> Result<Self> {
        let namespace = rollout.site.namespace();
        let kept = rollout.kube.config_map(&namespace, RELEASE).await;
        let Some(kept) = kept.map_err(advice::kube)? else {
            return Ok(Self::first());
        };
        let number = kept.get("number").and_then(|text| text.parse().ok());
        Ok(Self {
            number: number.unwrap_or(1),
            savepoint: kept.get("savepoint").cloned().unwrap_or_default(),
            job_id: kept.get("job_id").cloned().unwrap_or_else(random_id),
        })
    }

    fn next(&self, savepoint: &str) -> Self {
        Self {
            number: self.number + 1,
            savepoint: savepoint.to_owned(),
            job_id: random_id(),
        }
    }

    /// What the templates take.
    fn to_value(&self) -> Value {
        json!({
            "number": self.number.to_string(),
            "savepoint": self.savepoint,
            "job_id": self.job_id,
            "cluster_id": format!("flink-{}", self.number),
        })
    }
}

/// An id that nobody can guess.
fn random_id() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

/// Applies what is wanted. Pods that differ become a new release.
async fn apply(rollout: Rollout<'_>, on_work: OnWork<'_>) -> Result<Vec<Change>> {
    let release = Release::of(rollout).await?;
    let wanted = (rollout.rendering)(&release.to_value())?;
    let options = ApplyOptions::default();
    let planned = rollout.kube.diff(&wanted, &options).await;
    let planned = planned.map_err(advice::kube)?;
    let file = rollout.folder.join(FILE);
    let before: Option<Vec<Value>> = read_json(&file).unwrap_or_default();
    let is_upgrade = planned.iter().any(starts_pods_again);
    let Some(before) = before.filter(|_| is_upgrade) else {
        // The first time, or nothing that the job knows of.
        let done = rollout.bring(&wanted, on_work).await?;
        keep(&file, &wanted)?;
        return Ok(done);
    };
    let Some(savepoint) = stop(rollout, &release, on_work).await? else {
        // It does not run: what it kept of itself is taken up by the pods that come.
        let done = rollout.bring(&wanted, on_work).await?;
        keep(&file, &wanted)?;
        return Ok(done);
    };
    let next = release.next(&savepoint);
    let wanted = (rollout.rendering)(&next.to_value())?;
    match rollout.bring(&wanted, on_work).await {
        Ok(done) => {
            keep(&file, &wanted)?;
            Ok(done)
        }
        Err(failure) => {
            on_work(Work::step("go back to the release before"));
            let back = next.next(&savepoint);
            let again = with_release(&before, &wanted, &back)?;
            rollout.bring(&again, on_work).await?;
            keep(&file, &again)?;
            Err(went_back(failure))
        }
    }
}

/// Whether a change makes pods start again.
fn starts_pods_again(change: &Change) -> bool {
    let is_pods = ["deployment", "config map"].contains(&change.kind);
    is_pods && matches!(change.verb, Verb::Change | Verb::Recreate)
}

/// Stops the job with a savepoint, and says where that is; none if it does not run.
async fn stop(
    rollout: Rollout<'_>,
    release: &Release,
    on_work: OnWork<'_>,
) -> Result<Option<String>> {
    let flink = Flink::of(rollout.site).await?;
    let job = flink.job().await.unwrap_or_default();
    let Some(job) = job.filter(|job| job.state == "RUNNING") else {
        return Ok(None);
    };
    if job.id != release.job_id {
        return Err(Error::bug(format!("the job {} is of no release", job.id)));
    }
    on_work(Work::step("stop the job with a savepoint"));
    flink.stop(&job.id, rollout.deadline).await.map(Some)
}

/// Keeps what was applied, for the way back: all but Secrets.
fn keep(file: &std::path::Path, set: &ObjectSet) -> Result<()> {
    let objects = set.objects.iter().filter(|one| one.kind() != "Secret");
    let objects: Vec<Value> = objects.map(Object::as_value).collect();
    write_json(&PathBuf::from(file), &objects)
}

/// The objects of the release before under another number, with the Secrets of now.
fn with_release(before: &[Value], now: &ObjectSet, release: &Release) -> Result<ObjectSet> {
    let mut objects: Vec<Object> = Vec::new();
    for object in before {
        let mut object = object.clone();
        if object["metadata"]["name"] == RELEASE {
            object["data"] = release.to_value();
        }
        let annotations = object.pointer_mut("/spec/template/metadata/annotations");
        if let Some(annotations) = annotations {
            annotations[ANNOTATION] = release.number.to_string().into();
        }
        objects.push(Object::new(object).map_err(Error::bug)?);
    }
    let secrets = now.objects.iter().filter(|one| one.kind() == "Secret");
    objects.extend(secrets.cloned());
    Ok(ObjectSet {
        objects,
        ..now.clone()
    })
}

fn went_back(failure: Error) -> Error {
    match failure {
        Error::Expected(failure) => {
            let code = failure.exit_code;
            ExpectedError::new(
                code,
                "the new release of the job does not run; the one before does again",
            )
            .because(failure.what.clone())
            .because_each(failure.why.clone())
            .help(failure.help.unwrap_or_default())
            .into()
        }
        other => other,
    }
}
