//! Memory that the nodes of a cluster have for pods, and what pods of others have been promised of it.

use super::connect::Kube;
use super::error::KubeError;
use super::quantity;
use crate::manifests::{INSTANCE, PART_OF, Scope};
use k8s_openapi::api::core::v1::{Node, Pod};
use std::collections::BTreeMap;

/// What is left of the nodes' memory for pods of a scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Room {
    /// Nodes that take pods.
    pub nodes: usize,
    /// Memory that pods may have on them together, in bytes.
    pub allocatable_bytes: u64,
    /// What no pod of others has been promised, of all of them, in bytes; what pods of the scope have
    /// counts as free.
    pub free_bytes: u64,
    /// The same of the node that has most left.
    pub largest_free_bytes: u64,
}

impl Kube {
    /// The room for a scope; `None` for a user that may not look at nodes or at the pods of others.
    ///
    /// # Errors
    /// If the cluster cannot be asked.
    pub async fn room(&self, scope: &Scope) -> Result<Option<Room>, KubeError> {
        let asked = async {
            let nodes: Vec<Node> = self.list("/api/v1/nodes", None).await?;
            let pods: Vec<Pod> = self.list("/api/v1/pods", None).await?;
            Ok((nodes, pods))
        };
        match asked.await {
            Ok((nodes, pods)) => Ok(Some(room(&nodes, &pods, scope))),
            Err(KubeError::Forbidden { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn room(nodes: &[Node], pods: &[Pod], scope: &Scope) -> Room {
    let mut free: BTreeMap<&str, u64> = BTreeMap::new();
    let mut room = Room::default();
    for node in nodes.iter().filter(|node| takes_pods(node)) {
        let status = node.status.as_ref();
        let memory = status.and_then(|status| status.allocatable.as_ref()?.get("memory"));
        let bytes = memory.and_then(|memory| quantity::bytes(&memory.0));
        let bytes = bytes.unwrap_or_default();
        room.nodes += 1;
        room.allocatable_bytes += bytes;
        free.insert(node.metadata.name.as_deref().unwrap_or_default(), bytes);
    }
    for pod in pods
        .iter()
        .filter(|pod| is_promised(pod) && !is_of(pod, scope))
    {
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
        let spec = serde_json::to_value(&pod.spec).unwrap_or_default();
        let promised = quantity::pod_memory(&spec, "requests").unwrap_or_default();
        if let Some(left) = node.and_then(|node| free.get_mut(node)) {
            *left = left.saturating_sub(promised);
        }
    }
    room.free_bytes = free.values().sum();
    room.largest_free_bytes = free.values().copied().max().unwrap_or_default();
    room
}

/// Whether pods are put on it that ask for nothing special.
fn takes_pods(node: &Node) -> bool {
    let Some(spec) = &node.spec else {
        return true;
    };
    let mut taints = spec.taints.iter().flatten();
    !spec.unschedulable.unwrap_or_default()
        && taints.all(|taint| !["NoSchedule", "NoExecute"].contains(&taint.effect.as_str()))
}

/// Whether its memory is kept for it.
fn is_promised(pod: &Pod) -> bool {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    !matches!(phase, Some("Succeeded" | "Failed"))
}

fn is_of(pod: &Pod, scope: &Scope) -> bool {
    let label = |name: &str| pod.metadata.labels.as_ref()?.get(name).map(String::as_str);
    label(PART_OF) == Some(&scope.part_of) && label(INSTANCE) == Some(&scope.instance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn room_is_what_nodes_have_without_what_others_were_promised() {
        let node = |name: &str, memory: &str, spec: serde_json::Value| -> Node {
            let value = json!({"metadata": {"name": name}, "spec": spec,
                "status": {"allocatable": {"memory": memory}}});
            serde_json::from_value(value).unwrap()
        };
        let pod = |node: &str, mib: &str, phase: &str, instance: &str| -> Pod {
            let value = json!({
                "metadata": {"labels": {PART_OF: "wikisentry", INSTANCE: instance}},
                "spec": {"nodeName": node, "containers": [
                    {"name": "c", "resources": {"requests": {"memory": mib}}}]},
                "status": {"phase": phase}});
            serde_json::from_value(value).unwrap()
        };
        let taint = json!({"taints": [{"key": "k", "effect": "NoSchedule"}]});
        let nodes = [
            node("a", "4Gi", json!({})),
            node("b", "2Gi", json!({})),
            node("control", "8Gi", taint),
            node("drained", "8Gi", json!({"unschedulable": true})),
        ];
        let pods = [
            pod("a", "3Gi", "Running", "others"),
            pod("a", "1Gi", "Running", "ours"),
            pod("b", "1Gi", "Succeeded", "others"),
            pod("control", "1Gi", "Running", "others"),
        ];
        let scope = Scope {
            part_of: "wikisentry".to_owned(),
            instance: "ours".to_owned(),
            component: None,
            managed_by: "wikisentry".to_owned(),
        };
        let expected = Room {
            nodes: 2,
            allocatable_bytes: 6 << 30,
            free_bytes: 3 << 30,
            largest_free_bytes: 2 << 30,
        };
        assert_eq!(room(&nodes, &pods, &scope), expected);
    }
}
