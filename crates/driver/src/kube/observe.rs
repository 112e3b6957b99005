//! How the pods of a scope are.

use super::connect::Kube;
use super::error::KubeError;
use super::quantity;
use super::workload::WorkloadKind;
use crate::manifests::{COMPONENT, Scope};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{
    ContainerStateTerminated, ContainerStatus, Pod, PodStatus as Status,
};
use std::collections::BTreeSet;

/// How a pod is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PodStatus {
    pub namespace: String,
    pub pod: String,
    /// The component that its label names; empty without one.
    pub component: String,
    /// As `kubectl get pods` says: `Running`, `Pending`, `CrashLoopBackOff`, `Init:Error`,
    /// `Completed`, `Terminating` …
    pub state: String,
    /// All its containers run and pass their probes.
    pub is_ready: bool,
    /// How often its containers were restarted, together.
    pub restarts: i64,
    /// How a container of it ended last.
    pub last_end: Option<Termination>,
    /// Since when the kubelet knows it.
    pub started: Option<Timestamp>,
    /// None before it is scheduled.
    pub node: Option<String>,
    /// Memory that it is promised and may use, in bytes, as the API has it; none if one of its
    /// containers has none.
    pub memory_request_bytes: Option<u64>,
    pub memory_limit_bytes: Option<u64>,
    /// Working set in bytes; none if its node does not tell.
    pub memory_bytes: Option<u64>,
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Termination {
    pub container: String,
    /// `Error`, `OOMKilled`, `Completed` …
    pub reason: String,
    pub exit_code: i32,
    pub finished: Option<Timestamp>,
}

impl Kube {
    /// The pods of the scope in these namespaces, in the order of their names. A namespace that
    /// does not exist has none.
    ///
    /// # Errors
    /// If the cluster cannot be asked. That nobody tells what memory they use is none.
    pub async fn pods(
        &self,
        scope: &Scope,
        namespaces: &[impl AsRef<str> + Sync],
    ) -> Result<Vec<PodStatus>, KubeError> {
        let pods = self.list_pods(&scope.selector(), namespaces).await?;
        let nodes: BTreeSet<&str> = pods.iter().filter_map(node).collect();
        let memory = self.memory_use(&nodes).await;
        let statuses = pods.iter().map(|pod| {
            let uid = pod.metadata.uid.as_deref().unwrap_or_default();
            PodStatus {
                memory_bytes: memory.get(uid).copied(),
                ..status(pod)
            }
        });
        Ok(statuses.collect())
    }

    pub(super) async fn list_pods(
        &self,
        selector: &str,
        namespaces: &[impl AsRef<str> + Sync],
    ) -> Result<Vec<Pod>, KubeError> {
        let mut all = Vec::new();
        for namespace in namespaces {
            let path = WorkloadKind::Pod.kind().path(Some(namespace.as_ref()));
            all.extend(self.list::<Pod>(&path, Some(selector)).await?);
        }
        Ok(all)
    }
}

fn node(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref()
}

/// What the API says of a pod.
pub(super) fn status(pod: &Pod) -> PodStatus {
    let found = pod.status.clone().unwrap_or_default();
    let labels = pod.metadata.labels.as_ref();
    let spec = serde_json::to_value(&pod.spec).unwrap_or_default();
    let conditions = found.conditions.iter().flatten();
    let is_ready = conditions
        .into_iter()
        .any(|one| one.type_ == "Ready" && one.status == "True");
    PodStatus {
        namespace: pod.metadata.namespace.clone().unwrap_or_default(),
        pod: pod.metadata.name.clone().unwrap_or_default(),
        component: labels
            .and_then(|labels| labels.get(COMPONENT).cloned())
            .unwrap_or_default(),
        state: state(pod, &found),
        is_ready,
        restarts: containers(&found)
            .map(|one| i64::from(one.restart_count))
            .sum(),
        last_end: last_end(&found),
        started: found.start_time.as_ref().map(|time| time.0),
        node: node(pod).map(str::to_owned),
        memory_request_bytes: quantity::pod_memory(&spec, "requests"),
        memory_limit_bytes: quantity::pod_memory(&spec, "limits"),
        memory_bytes: None,
    }
}

fn containers(status: &Status) -> impl Iterator<Item = &ContainerStatus> {
    let before = status.init_container_statuses.iter().flatten();
    before.chain(status.container_statuses.iter().flatten())
}

/// The state in one word, by the rules of `kubectl get pods` (printers.go of Kubernetes).
fn state(pod: &Pod, status: &Status) -> String {
    if pod.metadata.deletion_timestamp.is_some() {
        return "Terminating".to_owned();
    }
    for container in status.init_container_statuses.iter().flatten() {
        if let Some(word) = trouble(container).filter(|word| word != "PodInitializing") {
            return format!("Init:{word}");
        }
    }
    let mut containers = status.container_statuses.iter().flatten();
    if let Some(word) = containers.find_map(trouble) {
        return word;
    }
    let phase = status.phase.clone().unwrap_or_else(|| "Unknown".to_owned());
    match phase.as_str() {
        "Succeeded" => "Completed".to_owned(),
        _ => status.reason.clone().unwrap_or(phase),
    }
}

/// What keeps a container from running, or why it ended without success.
fn trouble(container: &ContainerStatus) -> Option<String> {
    let state = container.state.as_ref()?;
    if let Some(waiting) = &state.waiting {
        return waiting.reason.clone();
    }
    let ended = state.terminated.as_ref()?;
    (ended.exit_code != 0).then(|| reason(ended))
}

fn reason(ended: &ContainerStateTerminated) -> String {
    let reason = ended.reason.clone();
    reason.unwrap_or_else(|| format!("ExitCode:{}", ended.exit_code))
}

fn last_end(status: &Status) -> Option<Termination> {
    let ends = containers(status).filter_map(|container| {
        let now = container.state.as_ref().and_then(|s| s.terminated.as_ref());
        let before = container.last_state.as_ref();
        let ended = now.or(before.and_then(|s| s.terminated.as_ref()))?;
        Some(Termination {
            container: container.name.clone(),
            reason: reason(ended),
            exit_code: ended.exit_code,
            finished: ended.finished_at.as_ref().map(|time| time.0),
        })
    });
    ends.max_by_key(|end| end.finished)
}
