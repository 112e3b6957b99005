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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn is_ready(kind: WorkloadKind, status: Value) -> bool {
        let object =
            json!({"metadata": {"generation": 3}, "spec": {"replicas": 2}, "status": status});
        judge(kind, &object).is_ready
    }

    #[test]
    fn a_deployment_is_ready_when_all_of_its_newest_pods_are_and_no_other_is_left() {
        let ready = json!({"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2});
        assert!(is_ready(WorkloadKind::Deployment, ready.clone()));
        for (field, value) in [
            ("observedGeneration", 2),
            ("replicas", 3),
            ("updatedReplicas", 1),
            ("availableReplicas", 1),
        ] {
            let mut status = ready.clone();
            status[field] = value.into();
            assert!(!is_ready(WorkloadKind::Deployment, status), "{field}");
        }
        assert!(!is_ready(WorkloadKind::Deployment, json!({})));
    }

    #[test]
    fn a_stateful_set_is_ready_when_its_pods_are_of_the_newest_revision() {
        let ready = json!({"observedGeneration": 3, "readyReplicas": 2, "currentRevision": "a", "updateRevision": "a"});
        assert!(is_ready(WorkloadKind::StatefulSet, ready.clone()));
        for (field, value) in [
            ("observedGeneration", json!(2)),
            ("readyReplicas", json!(1)),
            ("updateRevision", json!("b")),
        ] {
            let mut status = ready.clone();
            status[field] = value;
            assert!(!is_ready(WorkloadKind::StatefulSet, status), "{field}");
        }
    }

    #[test]
    fn jobs_and_pods_can_fail_for_good() {
        let condition = |name: &str, message: &str| json!({"conditions": [{"type": name, "status": "True", "message": message}]});
        let job = |status| judge(WorkloadKind::Job, &json!({"status": status}));
        assert!(job(condition("Complete", "")).is_ready);
        let failed = job(condition("Failed", "too often"));
        assert_eq!(
            (failed.is_ready, failed.has_failed.as_deref()),
            (false, Some("too often"))
        );
        assert_eq!(job(json!({})).has_failed, None);

        let pod = |status| judge(WorkloadKind::Pod, &json!({"status": status}));
        assert!(pod(condition("Ready", "")).is_ready);
        assert!(pod(json!({"phase": "Succeeded"})).is_ready);
        let evicted = pod(json!({"phase": "Failed", "reason": "Evicted"}));
        assert_eq!(evicted.has_failed.as_deref(), Some("Evicted"));
    }
}
