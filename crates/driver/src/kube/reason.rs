//! Why pods do not become ready, in the cluster's own words.

use super::snapshot::Snapshot;
use k8s_openapi::api::core::v1::{ContainerStatus, Event, Pod};
use std::fmt;

/// Why a workload is not ready.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub enum Reason {
    /// The API refuses its pods: they would exceed a quota.
    Quota { message: String },
    /// The API refuses its pods: they violate the namespace's Pod Security level.
    PodSecurity { message: String },
    /// The API refuses its pods for another reason.
    CreateRefused { message: String },
    /// The scheduler finds no node.
    Unschedulable {
        /// What each node lacks.
        message: String,
    },
    /// A volume claim gets no volume.
    ClaimPending {
        claim: String,
        /// Such as that there is no storage class.
        message: String,
    },
    /// A volume cannot be mounted, such as that of a Secret that does not exist.
    MountFailed { message: String },
    /// An image cannot be had.
    Image {
        container: String,
        image: String,
        message: String,
        /// Waiting does not help: nothing will pull it, or the name is none.
        is_final: bool,
    },
    /// A container cannot be made or started, such as with a variable of a Secret that does not exist.
    Container { container: String, message: String },
    /// The kernel killed a container that wanted more memory than its limit.
    OutOfMemory {
        container: String,
        /// As the API has it, such as `512Mi`.
        limit: Option<String>,
        restarts: i32,
    },
    /// A container ended, and perhaps ends again and again.
    Ended {
        container: String,
        exit_code: i32,
        restarts: i32,
    },
    /// A container runs, and its probe fails.
    Probe { container: String, message: String },
    /// The job or pod is over, without success.
    Failed { message: String },
}

impl Reason {
    /// Whether waiting longer is of no use.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Quota { .. } | Self::PodSecurity { .. } | Self::Failed { .. } => true,
            Self::Image { is_final, .. } => *is_final,
            _ => false,
        }
    }

    /// The container whose last lines tell more.
    pub(super) fn container(&self) -> Option<&str> {
        match self {
            Self::OutOfMemory { container, .. }
            | Self::Ended { container, .. }
            | Self::Probe { container, .. } => Some(container),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quota { message } => write!(f, "quota exceeded: {message}"),
            Self::PodSecurity { message } => write!(f, "refused by Pod Security: {message}"),
            Self::CreateRefused { message } => write!(f, "its pods are refused: {message}"),
            Self::Unschedulable { message } => write!(f, "no node can take it: {message}"),
            Self::ClaimPending { claim, message } => {
                write!(f, "the volume claim {claim} is pending: {message}")
            }
            Self::MountFailed { message } => write!(f, "a volume cannot be mounted: {message}"),
            Self::Image { image, message, .. } => {
                write!(f, "the image {image} cannot be had: {message}")
            }
            Self::Container { container, message } => {
                write!(f, "container {container} cannot start: {message}")
            }
            Self::OutOfMemory {
                container,
                limit,
                restarts,
            } => {
                write!(
                    f,
                    "container {container} was killed: it used more memory than its limit"
                )?;
                if let Some(limit) = limit {
                    write!(f, " of {limit}")?;
                }
                times(f, *restarts)
            }
            Self::Ended {
                container,
                exit_code,
                restarts,
            } => {
                write!(f, "container {container} ended with exit code {exit_code}")?;
                times(f, *restarts)
            }
            Self::Probe { container, message } => {
                write!(f, "container {container} runs and is not ready: {message}")
            }
            Self::Failed { message } => write!(f, "it failed: {message}"),
        }
    }
}

fn times(f: &mut fmt::Formatter<'_>, restarts: i32) -> fmt::Result {
    match restarts {
        0 => Ok(()),
        1 => f.write_str(", restarted once"),
        times => write!(f, ", restarted {times} times"),
    }
}

/// Everything that a snapshot says of why a workload is not ready, what explains most first.
pub(super) fn reasons(snapshot: &Snapshot) -> Vec<(Reason, Option<String>)> {
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
            restarts,
        }),
        _ if container.ready || state.running.is_none() => None,
        _ => {
            let event = snapshot.probe_event(pod, &name)?;
            let message = event.message.clone().unwrap_or_default();
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
    events.sort_by_key(|event| super::snapshot::time(event));
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
