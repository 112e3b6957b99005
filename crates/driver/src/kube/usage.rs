//! Memory that pods use, from the kubelet of each node: metrics-server need not run.

use super::connect::Kube;
use super::request::Ask;
use futures_util::future::join_all;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// What a kubelet tells of its node, as far as it is of interest.
#[derive(Debug, Deserialize)]
pub(super) struct Summary {
    #[serde(default)]
    pods: Vec<PodUsage>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodUsage {
    pod_ref: PodRef,
    memory: Option<Memory>,
}

#[derive(Debug, Deserialize)]
struct PodRef {
    uid: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Memory {
    working_set_bytes: Option<u64>,
}

impl Summary {
    /// Working sets in bytes, by the pods' uids.
    pub(super) fn by_pod(self) -> impl Iterator<Item = (String, u64)> {
        self.pods.into_iter().filter_map(|pod| {
            let bytes = pod.memory?.working_set_bytes?;
            Some((pod.pod_ref.uid, bytes))
        })
    }
}

impl Kube {
    /// Working sets of all pods on these nodes, in bytes, by the pods' uids. Nodes that do not
    /// tell, or that we may not ask, have none.
    pub(super) async fn memory_use(&self, nodes: &BTreeSet<&str>) -> HashMap<String, u64> {
        let asked = nodes.iter().map(|node| async move {
            let path = format!("/api/v1/nodes/{node}/proxy/stats/summary");
            let ask = Ask::get(format!("tell what the node {node} uses"), path);
            let summary: Summary = self.ask(ask).await.ok()?;
            Some(summary.by_pod())
        });
        let told = join_all(asked).await;
        told.into_iter().flatten().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_sets_are_those_of_whole_pods() {
        // As a kubelet of Kubernetes 1.34 answers, shortened.
        let summary = r#"{"node":{"nodeName":"n","memory":{"workingSetBytes":1}},"pods":[
            {"podRef":{"name":"a","namespace":"n","uid":"1"},"memory":{"time":"2026-12-01T03:00:00Z","usageBytes":9,"workingSetBytes":4096},
             "containers":[{"name":"main","memory":{"workingSetBytes":4000}}]},
            {"podRef":{"name":"b","namespace":"n","uid":"2"}},
            {"podRef":{"name":"c","namespace":"n","uid":"3"},"memory":{"time":"2026-12-01T03:00:00Z"}}]}"#;
        let summary: Summary = serde_json::from_str(summary).unwrap();
        let found: Vec<_> = summary.by_pod().collect();
        assert_eq!(found, [("1".to_owned(), 4096)]);
    }
}
