//! What a cluster says about a workload at one moment: its pods, their claims, and the events about
//! all of them.

use super::connect::Kube;
use super::error::KubeError;
use super::kinds::Kind;
use super::workload::{Workload, WorkloadKind};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::{Event, PersistentVolumeClaim, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;
use std::collections::HashSet;

/// A workload at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Snapshot {
    /// Its pods of the newest form, which are not on their way out.
    pub pods: Vec<Pod>,
    /// Events about the pods and their claims.
    pub events: Vec<Event>,
    /// Claims of the pods.
    pub claims: Vec<PersistentVolumeClaim>,
    /// What the API says when it refuses to make pods, if it does at present.
    pub refusal: Option<String>,
}

impl Kube {
    /// Gathers what there is about `workload`, whose object the API gave.
    pub(super) async fn snapshot(
        &self,
        workload: &Workload,
        object: &Value,
    ) -> Result<Snapshot, KubeError> {
        let namespace = Some(workload.namespace.as_str());
        let uid = object["metadata"]["uid"].as_str().unwrap_or_default();
        let mut owners = HashSet::from([uid.to_owned()]);
        let mut refusal = None;
        if workload.kind == WorkloadKind::Deployment {
            refusal = condition(object, "ReplicaFailure");
            if let Some(newest) = self.newest_replica_set(namespace, uid, object).await? {
                owners = HashSet::from([newest]);
            }
        }
        let pods = self.pods_of(workload, &owners, object).await?;
        let claimed: HashSet<&str> = pods.iter().flat_map(claims).collect();
        let mut all_claims = Vec::new();
        if !claimed.is_empty() {
            let path = Kind::named("PersistentVolumeClaim").path(namespace);
            all_claims = self.list::<PersistentVolumeClaim>(&path, None).await?;
            all_claims.retain(|claim| name_in(&claim.metadata, &claimed));
        }
        let subjects: HashSet<&str> = pods
            .iter()
            .map(|pod| &pod.metadata)
            .chain(all_claims.iter().map(|claim| &claim.metadata))
            .filter_map(|metadata| metadata.uid.as_deref())
            .chain(owners.iter().map(String::as_str))
            .collect();
        let path = format!("/api/v1/namespaces/{}/events", workload.namespace);
        let mut events = self.list::<Event>(&path, None).await?;
        events.retain(|event| {
            let subject = event.involved_object.uid.as_deref();
            subject.is_some_and(|uid| subjects.contains(uid))
        });
        // Deployments say so in a condition; the others in events alone, which stay.
        let lacks_pods = (pods.len() as u64) < wanted_pods(workload.kind, object);
        if workload.kind != WorkloadKind::Deployment && lacks_pods {
            let mut refusals: Vec<&Event> = events
                .iter()
                .filter(|event| event.reason.as_deref() == Some("FailedCreate"))
                .collect();
            refusals.sort_by_key(|event| time(event));
            refusal = refusals.pop().and_then(|event| event.message.clone());
        }
        Ok(Snapshot {
            claims: all_claims,
            refusal,
            events,
            pods,
        })
    }

    /// The replica set of the deployment's present form.
    async fn newest_replica_set(
        &self,
        namespace: Option<&str>,
        uid: &str,
        deployment: &Value,
    ) -> Result<Option<String>, KubeError> {
        const REVISION: &str = "deployment.kubernetes.io/revision";
        let path = format!(
            "/apis/apps/v1/namespaces/{}/replicasets",
            namespace.unwrap_or_default()
        );
        let wanted = deployment["metadata"]["annotations"][REVISION].as_str();
        let sets = self
            .list::<ReplicaSet>(&path, selector(deployment).as_deref())
            .await?;
        let newest = sets.into_iter().find(|set| {
            let annotations = set.metadata.annotations.as_ref();
            let revision = annotations.and_then(|annotations| annotations.get(REVISION));
            is_owned_by(&set.metadata, uid) && revision.map(String::as_str) == wanted
        });
        Ok(newest.and_then(|set| set.metadata.uid))
    }

    async fn pods_of(
        &self,
        workload: &Workload,
        owners: &HashSet<String>,
        object: &Value,
    ) -> Result<Vec<Pod>, KubeError> {
        let namespace = Some(workload.namespace.as_str());
        let kind = WorkloadKind::Pod.kind();
        if workload.kind == WorkloadKind::Pod {
            let pod = self.get(kind, namespace, &workload.name).await?;
            return Ok(pod.into_iter().collect());
        }
        let path = kind.path(namespace);
        let mut pods = self.list::<Pod>(&path, selector(object).as_deref()).await?;
        pods.retain(|pod| {
            let is_going = pod.metadata.deletion_timestamp.is_some();
            !is_going && owners.iter().any(|uid| is_owned_by(&pod.metadata, uid))
        });
        Ok(pods)
    }
}

impl Snapshot {
    /// Claims without a volume, and what was said about each; of those that wait for a pod to be
    /// scheduled nothing was.
    pub(super) fn pending_claims(&self) -> Vec<(String, String)> {
        let pending = self.claims.iter().filter(|claim| {
            let status = claim.status.as_ref();
            status.and_then(|status| status.phase.as_deref()) == Some("Pending")
        });
        let with_message = |claim: &PersistentVolumeClaim| {
            let uid = claim.metadata.uid.as_deref()?;
            let mut events: Vec<&Event> = self
                .events
                .iter()
                .filter(|event| event.involved_object.uid.as_deref() == Some(uid))
                .filter(|event| {
                    let reason = event.reason.as_deref().unwrap_or_default();
                    ["FailedBinding", "ProvisioningFailed"].contains(&reason)
                })
                .collect();
            events.sort_by_key(|event| time(event));
            let message = events.pop()?.message.clone()?;
            Some((claim.metadata.name.clone()?, message))
        };
        pending.filter_map(with_message).collect()
    }

    pub(super) fn has_pending_claim(&self) -> bool {
        !self.pending_claims().is_empty()
    }

    pub(super) fn events_of<'a>(&'a self, pod: &'a Pod) -> impl Iterator<Item = &'a Event> {
        let uid = pod.metadata.uid.as_deref();
        self.events
            .iter()
            .filter(move |event| event.involved_object.uid.as_deref() == uid)
    }

    /// The last event about a pod with one of these reasons.
    pub(super) fn last_event<'a>(&'a self, pod: &'a Pod, reasons: &[&str]) -> Option<&'a Event> {
        let events = self.events_of(pod);
        events
            .filter(|event| reasons.contains(&event.reason.as_deref().unwrap_or_default()))
            .max_by_key(|event| time(event))
    }

    /// The last failure of a container's probe.
    pub(super) fn probe_event<'a>(&'a self, pod: &'a Pod, container: &str) -> Option<&'a Event> {
        let field = format!("spec.containers{{{container}}}");
        let events = self.events_of(pod);
        events
            .filter(|event| event.reason.as_deref() == Some("Unhealthy"))
            .filter(|event| event.involved_object.field_path.as_deref() == Some(&field))
            .max_by_key(|event| time(event))
    }
}

/// When an event happened last.
pub(super) fn time(event: &Event) -> Option<Timestamp> {
    let last = event.last_timestamp.as_ref().map(|time| time.0);
    let series = event.series.as_ref();
    let series = series.and_then(|series| series.last_observed_time.as_ref());
    let micro = series.or(event.event_time.as_ref()).map(|time| time.0);
    last.max(micro)
}

fn condition(object: &Value, name: &str) -> Option<String> {
    let mut conditions = object["status"]["conditions"].as_array()?.iter();
    let condition = conditions.find(|one| one["type"] == name && one["status"] == "True")?;
    condition["message"].as_str().map(str::to_owned)
}

/// How many pods a workload should have at present.
fn wanted_pods(kind: WorkloadKind, object: &Value) -> u64 {
    match kind {
        WorkloadKind::DaemonSet => object["status"]["desiredNumberScheduled"].as_u64(),
        WorkloadKind::Job => object["spec"]["parallelism"].as_u64(),
        _ => object["spec"]["replicas"].as_u64(),
    }
    .unwrap_or(1)
}

/// The selector of a workload's pods.
fn selector(object: &Value) -> Option<String> {
    let labels = object["spec"]["selector"]["matchLabels"].as_object()?;
    let pairs = labels.iter().filter_map(|(name, value)| {
        let value = value.as_str()?;
        Some(format!("{name}={value}"))
    });
    Some(pairs.collect::<Vec<_>>().join(","))
}

/// Names of the claims that a pod mounts.
fn claims(pod: &Pod) -> impl Iterator<Item = &str> {
    let volumes = pod.spec.as_ref().and_then(|spec| spec.volumes.as_ref());
    volumes.into_iter().flatten().filter_map(|volume| {
        let claim = volume.persistent_volume_claim.as_ref()?;
        Some(claim.claim_name.as_str())
    })
}

fn is_owned_by(metadata: &ObjectMeta, uid: &str) -> bool {
    let owners = metadata.owner_references.iter().flatten();
    owners.into_iter().any(|owner| owner.uid == uid)
}

fn name_in(metadata: &ObjectMeta, names: &HashSet<&str>) -> bool {
    let name = metadata.name.as_deref();
    name.is_some_and(|name| names.contains(name))
}
