//! Quantities of Kubernetes (`512Mi`, `0.5`, `250m`), and the memory that objects may take.

use serde_json::Value;

/// Bytes, from a quantity of memory; `None` if it is none. Fractions are rounded up, as the API does.
pub(super) fn bytes(quantity: &str) -> Option<u64> {
    let split = quantity.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '+');
    let (number, suffix) = quantity.split_at(split.unwrap_or(quantity.len()));
    let number: f64 = number.parse().ok()?;
    let factor = match suffix {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        "Pi" => 1_125_899_906_842_624.0,
        exponent => {
            let exponent = exponent.strip_prefix(['e', 'E'])?;
            10f64.powi(exponent.parse().ok()?)
        }
    };
    let bytes = (number * factor).ceil();
    (bytes.is_finite() && bytes >= 0.0).then_some(bytes as u64)
}

/// Limits of memory of all pods that a workload makes, in bytes; `None` if it makes none, or one of
/// its containers has no limit.
pub(super) fn memory_limit(object: &Value) -> Option<u64> {
    let spec = &object["spec"];
    let (pod, replicas) = match object["kind"].as_str()? {
        "Deployment" | "StatefulSet" => (
            &spec["template"]["spec"],
            spec["replicas"].as_u64().unwrap_or(1),
        ),
        "DaemonSet" => (&spec["template"]["spec"], 1),
        "Job" => (
            &spec["template"]["spec"],
            spec["parallelism"].as_u64().unwrap_or(1),
        ),
        "Pod" => (spec, 1),
        _ => return None,
    };
    pod_memory(pod, "limits").map(|bytes| bytes * replicas)
}

/// What the containers of a pod may take (`limits`) or are promised (`requests`), in bytes: all
/// containers together, or the largest one that runs before them. `None` if one has none.
pub(super) fn pod_memory(pod: &Value, which: &str) -> Option<u64> {
    let containers = |field: &str| pod[field].as_array().cloned().unwrap_or_default();
    let memory = |container: &Value| match &container["resources"][which]["memory"] {
        Value::String(quantity) => bytes(quantity),
        Value::Number(number) => number.as_u64(),
        _ => None,
    };
    let main = containers("containers");
    if main.is_empty() {
        return None;
    }
    let mut together: u64 = main.iter().map(memory).sum::<Option<u64>>()?;
    let mut before = 0;
    for container in containers("initContainers") {
        let bytes = memory(&container)?;
        match container["restartPolicy"] == "Always" {
            // It goes on running beside the others.
            true => together += bytes,
            false => before = before.max(bytes),
        }
    }
    Some(together.max(before))
}
