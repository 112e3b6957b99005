//! The reasons that a snapshot holds.

use super::Reason;
use crate::kube::snapshot::{self, Snapshot};
use k8s_openapi::api::core::v1::{ContainerStatus, Event, Pod};

/// Everything that a snapshot says of why a workload is not ready, what explains most first.
pub(in crate::kube) fn reasons(snapshot: &Snapshot) -> Vec<(Reason, Option<String>)> {
    let mut found = Vec::new();
    if let Some(message) = &snapshot.refusal {
        found.push((refusal(message), None));
    }
    for (claim, message) in snapshot.pending_claims() {
        found.push((Reason::ClaimPending { claim, message }, None));
    }
    for pod in &snapshot.pods {
        let name = pod.metadata.name.clone();
        let of_pod = of_pod(pod, snapshot).into_iter();
        found.extend(of_pod.map(|reason| (reason, name.clone())));
    }
    let mut seen = Vec::new();
    found.retain(|(reason, _)| {
        let is_new = !seen.contains(reason);
        seen.push(reason.clone());
        is_new
    });
    found
}

/// Why the API refuses pods, by its message.
fn refusal(message: &str) -> Reason {
    // `Error creating: pods "x" is forbidden: …`
    let message = match message.split_once(" is forbidden: ") {
        Some((_, message)) => message.to_owned(),
        None => message.to_owned(),
    };
    if message.contains("exceeded quota") || message.contains("failed quota") {
        Reason::Quota { message }
    } else if message.contains("violates PodSecurity") {
        Reason::PodSecurity { message }
    } else {
        Reason::CreateRefused { message }
    }
}

fn of_pod(pod: &Pod, snapshot: &Snapshot) -> Vec<Reason> {
    let Some(status) = &pod.status else {
        return Vec::new();
    };
    let mut reasons = Vec::new();
    let conditions = status.conditions.iter().flatten();
    for condition in conditions {
        let is_unschedulable = condition.type_ == "PodScheduled"
            && condition.status == "False"
            && condition.reason.as_deref() == Some("Unschedulable");
        let message = condition.message.clone().unwrap_or_default();
        // Then the claim says why.
        let is_about_claim = message.contains("unbound immediate PersistentVolumeClaims");
        if is_unschedulable && !(is_about_claim && snapshot.has_pending_claim()) {
            reasons.push(Reason::Unschedulable { message });
        }
    }
    let before = status.init_container_statuses.iter().flatten();
    let containers = before.chain(status.container_statuses.iter().flatten());
    let of_containers: Vec<Reason> = containers
        .filter_map(|container| of_container(pod, container, snapshot))
        .collect();
    if of_containers.is_empty() && status.phase.as_deref() == Some("Failed") {
        let message = status.message.clone().or(status.reason.clone());
        let message = message.unwrap_or_else(|| "the pod failed".to_owned());
        reasons.push(Reason::Failed { message });
    }
    if status.phase.as_deref() == Some("Pending")
        && of_containers.is_empty()
        && let Some(event) = snapshot.last_event(pod, &["FailedMount", "FailedAttachVolume"])
    {
        let message = event.message.clone().unwrap_or_default();
        reasons.push(Reason::MountFailed { message });
    }
    reasons.extend(of_containers);
    reasons
}

fn of_container(pod: &Pod, container: &ContainerStatus, snapshot: &Snapshot) -> Option<Reason> {
    let name = container.name.clone();
    let state = container.state.clone().unwrap_or_default();
    let last = container.last_state.clone().unwrap_or_default().terminated;
    let restarts = container.restart_count;
    if let Some(waiting) = state.waiting {
        let why = waiting.reason.unwrap_or_default();
        let message = waiting.message.unwrap_or_else(|| why.clone());
        match why.as_str() {
            "ErrImagePull"
            | "ImagePullBackOff"
            | "ErrImageNeverPull"
            | "InvalidImageName"
            | "ImageInspectError"
            | "RegistryUnavailable"
            | "SignatureValidationFailed" => {
                return Some(Reason::Image {
                    container: name,
                    image: image(pod, container),
                    message: pull_message(pod, snapshot).unwrap_or(message),
                    is_final: ["ErrImageNeverPull", "InvalidImageName"].contains(&why.as_str()),
                });
            }
            // Between two runs.
            "CrashLoopBackOff" => {}
            "" | "ContainerCreating" | "PodInitializing" => return None,
            _ => {
                return Some(Reason::Container {
                    container: name,
                    message,
                });
            }
        }
    }
    let is_main = pod_has(pod, &container.name);
    let ended = state.terminated.or(last).filter(|ended| {
        // An init container that succeeded is done; a main one that ends, ends too early.
        ended.exit_code != 0 || (is_main && restarts > 0)
    });
    match ended {
        Some(ended) if ended.reason.as_deref() == Some("OOMKilled") => Some(Reason::OutOfMemory {
            limit: limit(pod, &name),
            container: name,
            restarts,
        }),
        Some(ended) if !container.ready => Some(Reason::Ended {
            container: name,
            exit_code: ended.exit_code,
            message: ended.message.as_deref().and_then(said),
            restarts,
        }),
        _ if container.ready || state.running.is_none() => None,
        _ => {
            let event = snapshot.probe_event(pod, &name)?;
            let message = event.message.as_deref().and_then(said)?;
            Some(Reason::Probe {
                container: name,
                message,
            })
        }
    }
}

/// What the last attempt to pull said; the container's own message is later only that it waits.
fn pull_message(pod: &Pod, snapshot: &Snapshot) -> Option<String> {
    let mut events: Vec<&Event> = snapshot
        .events_of(pod)
        .filter(|event| event.reason.as_deref() == Some("Failed"))
        .filter(|event| {
            let message = event.message.as_deref().unwrap_or_default();
            message.starts_with("Failed to pull image")
        })
        .collect();
    events.sort_by_key(|event| snapshot::time(event));
    events.pop()?.message.clone()
}

/// The image as the pod asks for it.
fn image(pod: &Pod, container: &ContainerStatus) -> String {
    let spec = pod.spec.as_ref();
    let before = spec.and_then(|spec| spec.init_containers.as_ref());
    let mut asked = spec
        .into_iter()
        .flat_map(|spec| &spec.containers)
        .chain(before.into_iter().flatten());
    let asked = asked.find(|one| one.name == container.name);
    let asked = asked.and_then(|one| one.image.clone());
    asked.unwrap_or_else(|| container.image.clone())
}

fn pod_has(pod: &Pod, container: &str) -> bool {
    let spec = pod.spec.as_ref();
    let mut containers = spec.into_iter().flat_map(|spec| &spec.containers);
    containers.any(|one| one.name == container)
}

/// The limit of memory of a container, as the API has it.
fn limit(pod: &Pod, container: &str) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    let mut all = spec
        .containers
        .iter()
        .chain(spec.init_containers.iter().flatten());
    let container = all.find(|one| one.name == container)?;
    let limits = container.resources.as_ref()?.limits.as_ref()?;
    limits.get("memory").map(|quantity| quantity.0.clone())
}

/// A message without the white space around it; none if nothing is left.
fn said(message: &str) -> Option<String> {
    let message = message.trim();
    (!message.is_empty()).then(|| message.to_owned())
}
