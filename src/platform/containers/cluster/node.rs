//! The k3d cluster itself.

use super::super::Containers;
use crate::advice;
use crate::components;
use crate::error::{Error, ExpectedError, Result};
use crate::platform::parts::{is_known, keep};
use futures_util::future::BoxFuture;
use std::time::Duration;
use wikisentry_driver::converge::{Change, Converge, Demand, OnWork, Verb};
use wikisentry_driver::docker::Engine;
use wikisentry_driver::k3d::K3d;

/// The cluster, to be there and to answer.
pub(in crate::platform::containers) struct ClusterNode<'a> {
    pub(in crate::platform::containers) engine: &'a Engine,
    pub(in crate::platform::containers) containers: &'a Containers,
    /// Replace one that was made with other settings.
    pub(in crate::platform::containers) replace: bool,
}

impl ClusterNode<'_> {
    async fn compared(&self, k3d: &K3d) -> Result<Change> {
        let spec = self.containers.cluster_spec();
        let observed = k3d.observe(&spec).await.map_err(advice::k3d)?;
        let mut change = observed.change(&spec);
        let differs = change.verb == Verb::Recreate && !change.detail.is_empty();
        if differs && !self.replace {
            change.verb = Verb::Refuse;
        }
        "cluster".clone_into(&mut change.component);
        Ok(change)
    }
}

impl Converge for ClusterNode<'_> {
    type Error = Error;

    fn key(&self) -> &'static str {
        "cluster"
    }

    fn needs(&self) -> Vec<&'static str> {
        Vec::new()
    }

    fn check(&self) -> Result<()> {
        self.containers.cluster_spec().check().map_err(advice::k3d)
    }

    fn demand(&self) -> Demand {
        let settings = &self.containers.parts.site.settings;
        let all = components::in_cluster();
        Demand {
            memory: vec![(
                "cluster".to_owned(),
                self.containers.cluster_spec().node_memory_bytes,
            )],
            cpus: 2,
            ports: all.flat_map(|one| one.port_demands(settings)).collect(),
            growth: Vec::new(),
        }
    }

    fn deadline(&self) -> Option<Duration> {
        Some(self.containers.parts.site.settings.docker.deadline)
    }

    fn plan(&self, _: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async {
            let k3d = K3d::find(self.engine).await.map_err(advice::k3d)?;
            Ok(vec![self.compared(&k3d).await?])
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            let k3d = K3d::find(self.engine).await.map_err(advice::k3d)?;
            let spec = self.containers.cluster_spec();
            let deadline = self.containers.parts.site.settings.docker.deadline;
            let change = self.compared(&k3d).await?;
            let done = match change.verb {
                Verb::Keep if is_known(&self.containers.parts.state) => {
                    return Ok(vec![change]);
                }
                Verb::Refuse => return Err(refused(&change).into()),
                Verb::Recreate => {
                    let deleted = k3d.delete(&spec, on_work).await;
                    deleted.map_err(advice::k3d)?;
                    k3d.create(&spec, deadline, on_work).await
                }
                Verb::Create => k3d.create(&spec, deadline, on_work).await,
                _ => k3d.start(&spec, deadline, on_work).await,
            };
            done.map_err(advice::k3d)?;
            let kubeconfig = k3d.kubeconfig(&spec.name).await.map_err(advice::k3d)?;
            keep(&self.containers.parts.state, &kubeconfig)?;
            Ok(vec![change])
        })
    }
}

fn refused(change: &Change) -> ExpectedError {
    let name = &change.name;
    let refused =
        ExpectedError::refused(format!("the cluster {name} is not as the settings have it"))
            .because(&change.detail);
    match change.detail.contains("not made by") {
        true => refused.help(
            "take another name (`--set cluster.name=NAME`), or delete it yourself: `k3d cluster list`",
        ),
        false => refused.help(
            "`wikisentry up --restart` makes it again: what the topics, the lake and the models hold \
             stays",
        ),
    }
}
