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
