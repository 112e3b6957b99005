//! Whether a workload is ready, by what the API says of it.

use super::workload::WorkloadKind;
use serde_json::Value;

/// How far a workload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Readiness {
    pub is_ready: bool,
    /// It ended and will not become ready.
    pub has_failed: Option<String>,
    /// Pods that are ready, of the newest form.
    pub ready: u64,
    /// Pods that are wanted.
    pub wanted: u64,
}

/// Judges a workload by its object.
pub(super) fn judge(kind: WorkloadKind, object: &Value) -> Readiness {
    let (spec, status) = (&object["spec"], &object["status"]);
    let count = |field: &str| status[field].as_u64().unwrap_or_default();
    let generation = object["metadata"]["generation"]
        .as_u64()
        .unwrap_or_default();
    // Without it, the status is of an earlier form of the object.
    let is_current = count("observedGeneration") >= generation;
    let of_counts = |wanted: u64, is_ready: bool, ready: u64| Readiness {
        is_ready: is_current && is_ready,
        has_failed: None,
        ready,
        wanted,
    };
    match kind {
        WorkloadKind::Deployment => {
            let wanted = spec["replicas"].as_u64().unwrap_or(1);
            let updated = count("updatedReplicas");
            let ready = count("availableReplicas").min(updated);
            let is_ready = updated == wanted && count("replicas") == wanted && ready == wanted;
            of_counts(wanted, is_ready, ready)
        }
        WorkloadKind::StatefulSet => {
            let wanted = spec["replicas"].as_u64().unwrap_or(1);
            let ready = count("readyReplicas");
            let on_delete = spec["updateStrategy"]["type"] == "OnDelete";
            let is_updated = on_delete || status["currentRevision"] == status["updateRevision"];
            of_counts(wanted, ready == wanted && is_updated, ready)
        }
        WorkloadKind::DaemonSet => {
            let wanted = count("desiredNumberScheduled");
            let ready = count("numberAvailable");
            let is_updated = count("updatedNumberScheduled") == wanted;
            of_counts(wanted, ready == wanted && is_updated, ready)
        }
        WorkloadKind::Job => Readiness {
            is_ready: condition(status, "Complete").is_some(),
            has_failed: condition(status, "Failed"),
            ready: count("succeeded"),
            wanted: spec["completions"].as_u64().unwrap_or(1),
        },
        WorkloadKind::Pod => {
            let phase = status["phase"].as_str().unwrap_or_default();
            let is_ready = phase == "Succeeded" || condition(status, "Ready").is_some();
            let message = status["message"].as_str().or(status["reason"].as_str());
            let message = message.unwrap_or("it failed").to_owned();
            Readiness {
                is_ready,
                has_failed: (phase == "Failed").then_some(message),
                ready: is_ready.into(),
                wanted: 1,
            }
        }
    }
}

/// The message of a condition that holds.
fn condition(status: &Value, name: &str) -> Option<String> {
    let conditions = status["conditions"].as_array()?;
    let mut holding = conditions
        .iter()
        .filter(|condition| condition["type"] == name && condition["status"] == "True");
    let condition = holding.next()?;
    let message = condition["message"]
        .as_str()
        .filter(|text| !text.is_empty());
    let message = message.or(condition["reason"].as_str());
    Some(message.unwrap_or(name).to_owned())
}
