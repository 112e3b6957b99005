//! What one component has in the cluster: applied, and waited for.

use super::super::Containers;
use super::kubeconfig::connect;
use crate::advice;
use crate::components::{Component, Place};
use crate::error::{Error, Result};
use crate::manifests;
use futures_util::future::BoxFuture;
use std::time::Duration;
use wikisentry_driver::converge::{Change, Converge, OnWork};
use wikisentry_driver::kube::{ApplyOptions, ObjectSet};

/// A component's objects, to be in the cluster, and its pods to be ready.
pub(in crate::platform::containers) struct Pods<'a> {
    pub(in crate::platform::containers) containers: &'a Containers,
    pub(in crate::platform::containers) component: &'static Component,
}

impl Pods<'_> {
    fn objects(&self) -> Result<ObjectSet> {
        let Containers { site, images, .. } = self.containers;
        manifests::objects(self.component, site, images)
    }

    /// What the cluster has of its own objects says nothing of whether it runs.
    fn without_needs(&self, mut changes: Vec<Change>) -> Vec<Change> {
        if self.component.place == Place::Cluster {
            changes.iter_mut().for_each(|change| change.component.clear());
        }
        changes
    }
}

impl Converge for Pods<'_> {
    type Error = Error;

    fn key(&self) -> &'static str {
        self.component.name
    }

    fn needs(&self) -> Vec<&'static str> {
        vec!["cluster"]
    }

    fn check(&self) -> Result<()> {
        self.objects().map(drop)
    }

    fn deadline(&self) -> Option<Duration> {
        Some(self.containers.site.settings.docker.deadline)
    }

    fn plan(&self, has_needs: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async move {
            let set = self.objects()?;
            if !has_needs {
                return Ok(self.without_needs(set.creations()));
            }
            let kube = connect(&self.containers.state).await?;
            let planned = kube.diff(&set, &ApplyOptions::default()).await;
            Ok(self.without_needs(planned.map_err(advice::kube)?))
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            let set = self.objects()?;
            let kube = connect(&self.containers.state).await?;
            let options = ApplyOptions::default();
            let done = kube.apply(&set, &options, on_work).await;
            let done = done.map_err(advice::kube)?;
            let deadline = self.containers.site.settings.docker.deadline;
            let ready = kube.wait_ready(&set.workloads(), deadline, on_work).await;
            ready.map_err(advice::kube)?;
            Ok(self.without_needs(done))
        })
    }
}
