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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_are_read_as_the_api_writes_them() {
        for (quantity, expected) in [
            ("0", Some(0)),
            ("128974848", Some(128_974_848)),
            ("129e6", Some(129_000_000)),
            ("129M", Some(129_000_000)),
            ("123Mi", Some(128_974_848)),
            ("0.5Gi", Some(536_870_912)),
            ("1500m", Some(2)),
            ("1Ki", Some(1024)),
            ("-1", None),
            ("1Zi", None),
            ("", None),
            ("e", None),
        ] {
            assert_eq!(bytes(quantity), expected, "{quantity}");
        }
    }

    #[test]
    fn memory_of_a_workload_is_that_of_all_its_pods() {
        let container = |limit: &str| json!({"resources": {"limits": {"memory": limit}}});
        let sidecar =
            json!({"restartPolicy": "Always", "resources": {"limits": {"memory": "8Mi"}}});
        let pod = json!({
            "initContainers": [container("100Mi"), sidecar],
            "containers": [container("40Mi"), container("2Mi")],
        });
        let workload = |kind: &str, spec: Value| memory_limit(&json!({"kind": kind, "spec": spec}));
        let template = json!({"spec": pod});
        assert_eq!(workload("Pod", pod.clone()), Some(100 << 20));
        let deployment = json!({"replicas": 3, "template": template});
        assert_eq!(workload("Deployment", deployment), Some(300 << 20));
        let without = json!({"containers": [container("1Mi"), {}]});
        assert_eq!(workload("Pod", without), None);
        assert_eq!(workload("Service", json!({})), None);
        let main = json!({"containers": [container("40Mi")], "initContainers": [sidecar]});
        assert_eq!(pod_memory(&main, "limits"), Some(48 << 20));
        assert_eq!(pod_memory(&main, "requests"), None);
    }
}
