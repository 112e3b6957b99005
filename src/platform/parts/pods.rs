//! What one component has in the cluster: applied, and waited for.

use super::Parts;
use crate::advice;
use crate::components::{Component, Place, Rendering, Rollout};
use crate::error::{Error, Result};
use crate::manifests;
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;
use wikisentry_driver::converge::{Change, Converge, OnWork};
use wikisentry_driver::kube::{ApplyOptions, Kube, ObjectSet};

/// A component's objects, to be in the cluster, and its pods to be ready.
pub(super) struct Pods<'a> {
    pub(super) parts: &'a Parts,
    pub(super) component: &'static Component,
    /// Where a component may keep what it needs the next time.
    pub(super) folder: PathBuf,
}

impl Pods<'_> {
    fn objects(&self) -> Result<ObjectSet> {
        let Parts { site, images, .. } = self.parts;
        manifests::objects(self.component, site, images)
    }

    fn with(&self, kept: &Value) -> Result<ObjectSet> {
        let Parts { site, images, .. } = self.parts;
        manifests::objects_with(self.component, site, images, kept)
    }

    fn rollout<'b>(&'b self, kube: &'b Kube, rendering: Rendering<'b>) -> Rollout<'b> {
        Rollout {
            site: &self.parts.site,
            kube,
            rendering,
            folder: &self.folder,
            deadline: self.parts.site.settings.docker.deadline,
        }
    }

    /// What the cluster has of its own objects says nothing of whether it runs.
    fn without_needs(&self, mut changes: Vec<Change>) -> Vec<Change> {
        if self.component.place == Place::Cluster {
            changes
                .iter_mut()
                .for_each(|change| change.component.clear());
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
        Some(self.parts.site.settings.docker.deadline)
    }

    fn plan(&self, has_needs: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async move {
            let set = self.objects()?;
            if !has_needs {
                return Ok(self.without_needs(set.creations()));
            }
            let kube = self.parts.connect().await?;
            let set = match self.component.rollout {
                Some(steps) => {
                    let kept = (steps.kept)(self.rollout(&kube, &|kept| self.with(kept))).await?;
                    self.with(&kept)?
                }
                None => set,
            };
            let planned = kube.diff(&set, &ApplyOptions::default()).await;
            Ok(self.without_needs(planned.map_err(advice::kube)?))
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            let kube = self.parts.connect().await?;
            let rendering = |kept: &Value| self.with(kept);
            let rollout = self.rollout(&kube, &rendering);
            let done = match self.component.rollout {
                Some(steps) => (steps.apply)(rollout, on_work).await?,
                None => rollout.bring(&self.objects()?, on_work).await?,
            };
            Ok(self.without_needs(done))
        })
    }
}
