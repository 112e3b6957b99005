//! What there is of a cluster, asked of the Docker engine.

use super::CLUSTER;
use super::config::{HASH_LABEL, SPEC_LABEL, hash};
use super::error::K3dError;
use super::program::K3d;
use super::spec::{CLUSTER_LABEL, ClusterSpec};
use crate::converge::{Change, Verb};
use crate::docker::found;
use bollard::models::ContainerSummaryStateEnum;
use bollard::query_parameters::{ContainerArchiveInfoOptionsBuilder, ListContainersOptionsBuilder};
use std::collections::HashMap;
use std::time::Duration;

/// k3d's own label with the cluster's name.
const K3D_CLUSTER: &str = "k3d.cluster";

/// k3d's own label with what a container is in its cluster.
const K3D_ROLE: &str = "k3d.role";

/// A file in the server's container that is written once the cluster is complete: labels of a container
/// cannot be changed.
pub(super) const COMPLETE: &str = "etc/wikisentry-cluster-complete";

/// How long the Kubernetes API may take to answer, if it is there; on a busy machine seconds.
const ANSWER: Duration = Duration::from_secs(10);

/// What there is under the name of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed {
    /// No container of that name or label.
    Missing,
    /// A cluster that was not made here.
    Foreign,
    /// A cluster that was made here.
    Ours(OurCluster),
}

/// A cluster that was made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurCluster {
    /// Its server and load balancer, as far as they are there; the server first.
    pub nodes: Vec<ClusterNode>,
    /// Whether it was created to its end; one that was not is only good to be created again.
    pub complete: bool,
    /// In what it differs from what is wanted, in words; empty if in nothing.
    pub differences: Vec<String>,
    /// Whether its Kubernetes API answers.
    pub answers: bool,
}

/// A container of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterNode {
    pub name: String,
    pub role: Role,
    pub state: NodeState,
    /// Limit of its memory in bytes; 0 is no limit.
    pub memory_bytes: u64,
}

/// What a container is in its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Kubernetes itself, and all pods.
    Server,
    /// Publishes the ports of the host.
    LoadBalancer,
}

/// Whether a container of a cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeState {
    Running,
    /// It is there and does not run: stopped, killed, or created only.
    Stopped,
    Missing,
}

impl K3d {
    /// Looks at what is there under the name of `spec`. Changes nothing.
    ///
    /// # Errors
    /// If the engine does not answer, or `spec` cannot be.
    pub async fn observe(&self, spec: &ClusterSpec) -> Result<Observed, K3dError> {
        let labels = HashMap::from([("label", vec![format!("{K3D_CLUSTER}={}", spec.name)])]);
        let options = ListContainersOptionsBuilder::new()
            .all(true)
            .filters(&labels);
        let listed = self.engine.client().list_containers(Some(options.build()));
        let listed = listed.await.map_err(K3dError::engine("list containers"))?;
        if listed.is_empty() {
            return Ok(Observed::Missing);
        }
        let mut nodes = Vec::new();
        let mut made_of = None;
        for container in listed {
            let labels = container.labels.as_ref();
            let label = |name: &str| labels?.get(name).map(String::as_str);
            let role = match label(K3D_ROLE) {
                Some("server") => Role::Server,
                Some("loadbalancer") => Role::LoadBalancer,
                // What helps k3d for a moment has none of our labels.
                _ => continue,
            };
            if label(CLUSTER_LABEL) != Some(spec.name.as_str()) {
                return Ok(Observed::Foreign);
            }
            if role == Role::Server {
                let text = label(SPEC_LABEL).unwrap_or_default().to_owned();
                made_of = Some((text, label(HASH_LABEL).unwrap_or_default().to_owned()));
            }
            let is_running = container.state == Some(ContainerSummaryStateEnum::RUNNING);
            let id = container.id.as_deref().unwrap_or_default();
            nodes.push(ClusterNode {
                name: crate::docker::name_of(&container).to_owned(),
                role,
                state: if is_running {
                    NodeState::Running
                } else {
                    NodeState::Stopped
                },
                memory_bytes: self.memory_limit(id).await?,
            });
        }
        nodes.sort_by(|a, b| (a.role, &a.name).cmp(&(b.role, &b.name)));
        let is_running = nodes.iter().all(|node| node.state == NodeState::Running);
        Ok(Observed::Ours(OurCluster {
            complete: self.is_complete(spec, &nodes).await?,
            differences: differences(spec, made_of)?,
            answers: is_running && self.answers(spec).await.is_ok(),
            nodes,
        }))
    }

    async fn memory_limit(&self, container: &str) -> Result<u64, K3dError> {
        let inspected = found(
            self.engine
                .client()
                .inspect_container(container, None)
                .await,
        );
        let inspected = inspected.map_err(K3dError::engine(format!("look at {container}")))?;
        let memory = inspected.and_then(|one| one.host_config?.memory);
        Ok(memory
            .and_then(|bytes| u64::try_from(bytes).ok())
            .unwrap_or(0))
    }

    /// Whether all of it is there, and was once up.
    async fn is_complete(
        &self,
        spec: &ClusterSpec,
        nodes: &[ClusterNode],
    ) -> Result<bool, K3dError> {
        if [Role::Server, Role::LoadBalancer]
            .iter()
            .any(|role| !nodes.iter().any(|node| node.role == *role))
        {
            return Ok(false);
        }
        let options = ContainerArchiveInfoOptionsBuilder::new().path(&format!("/{COMPLETE}"));
        let server = spec.server();
        let file = self
            .engine
            .client()
            .get_container_archive_info(&server, Some(options.build()));
        let file = found(file.await).map_err(K3dError::engine(format!("look into {server}")))?;
        Ok(file.is_some())
    }

    /// Asks the Kubernetes API for anything, without a user; the error is in words.
    pub(super) async fn answers(&self, spec: &ClusterSpec) -> Result<(), String> {
        // Nothing secret is sent, and nothing believed but that somebody speaks TLS and HTTP there:
        // who it is, clients with the cluster's certificate find out.
        let client = wikisentry_http::client_builder()
            .tls_danger_accept_invalid_certs(true)
            .tls_certs_only([])
            .timeout(ANSWER)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build();
        let client = client.map_err(wikisentry_http::reason)?;
        let asked = client
            .get(format!("{}/readyz", spec.api_url()))
            .send()
            .await;
        let status = asked.map_err(wikisentry_http::reason)?.status();
        // Without a user k3s answers 401 once it is ready.
        if status.is_server_error() {
            return Err(format!("it answers {status}"));
        }
        Ok(())
    }
}

/// In what the cluster differs that was made of the labels `made_of`.
fn differences(
    spec: &ClusterSpec,
    made_of: Option<(String, String)>,
) -> Result<Vec<String>, K3dError> {
    let Some((text, hash_there)) = made_of else {
        return Ok(Vec::new());
    };
    let wanted = hash(spec)?;
    if wanted == hash_there {
        return Ok(Vec::new());
    }
    let there: Option<ClusterSpec> = serde_json::from_str(&text).ok();
    let mut found = there
        .map(|there| spec.differences(&there))
        .unwrap_or_default();
    if found.is_empty() {
        found.push("made by another version of WikiSentry".to_owned());
    }
    Ok(found)
}

impl ClusterSpec {
    /// The container of its one node.
    pub fn server(&self) -> String {
        format!("k3d-{}-server-0", self.name)
    }
}

impl OurCluster {
    /// The state of the container with this role.
    pub fn state(&self, role: Role) -> NodeState {
        let found = self.nodes.iter().find(|node| node.role == role);
        found.map_or(NodeState::Missing, |node| node.state)
    }
}

impl Observed {
    /// What has to be done for `spec`. [`Verb::Recreate`] takes what the cluster holds; with no detail,
    /// it holds nothing yet, as its creation was interrupted.
    pub fn change(&self, spec: &ClusterSpec) -> Change {
        let change = |verb| {
            let mut change = Change::new(verb, CLUSTER, &spec.name);
            change.memory_bytes = Some(spec.node_memory_bytes);
            change
        };
        match self {
            Self::Missing => change(Verb::Create),
            Self::Foreign => change(Verb::Refuse).because(format!(
                "the cluster {} was not made by WikiSentry",
                spec.name
            )),
            Self::Ours(ours) if !ours.complete => change(Verb::Recreate),
            Self::Ours(ours) if !ours.differences.is_empty() => {
                change(Verb::Recreate).because(ours.differences.join(", "))
            }
            Self::Ours(ours) if !ours.answers => change(Verb::Start),
            Self::Ours(_) => change(Verb::Keep),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::k3d::spec::tests::example;

    fn ours() -> OurCluster {
        OurCluster {
            nodes: Vec::new(),
            complete: true,
            differences: Vec::new(),
            answers: true,
        }
    }

    #[test]
    fn what_is_there_decides_what_is_done() {
        let half = OurCluster {
            complete: false,
            ..ours()
        };
        let other = OurCluster {
            differences: vec!["image a → b".to_owned()],
            ..ours()
        };
        let stopped = OurCluster {
            answers: false,
            ..ours()
        };
        for (observed, verb, detail) in [
            (Observed::Missing, Verb::Create, ""),
            (
                Observed::Foreign,
                Verb::Refuse,
                "the cluster wikisentry-dev was not made by WikiSentry",
            ),
            (Observed::Ours(half), Verb::Recreate, ""),
            (Observed::Ours(other), Verb::Recreate, "image a → b"),
            (Observed::Ours(stopped), Verb::Start, ""),
            (Observed::Ours(ours()), Verb::Keep, ""),
        ] {
            let change = observed.change(&example());
            assert_eq!(
                (change.verb, change.detail.as_str()),
                (verb, detail),
                "{observed:?}"
            );
            assert_eq!(change.memory_bytes, Some(3 << 30));
        }
    }

    #[test]
    fn differences_come_from_the_labels() {
        let spec = example();
        let labels =
            |spec: &ClusterSpec| Some((serde_json::to_string(spec).unwrap(), hash(spec).unwrap()));
        assert!(differences(&spec, labels(&spec)).unwrap().is_empty());
        let mut other = spec.clone();
        other.image = "rancher/k3s:v1".to_owned();
        let found = differences(&spec, labels(&other)).unwrap();
        assert_eq!(found, ["image rancher/k3s:v1 → rancher/k3s:v1.34.2-k3s1"]);
        for text in ["{}", "", &serde_json::to_string(&spec).unwrap()] {
            let found = differences(&spec, Some((text.to_owned(), "0".to_owned()))).unwrap();
            assert_eq!(found, ["made by another version of WikiSentry"], "{text}");
        }
    }
}
