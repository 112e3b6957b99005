//! How what a component has in the cluster is replaced by what it should have, for one that keeps
//! state of its own there: generic code applies the objects and waits.

use super::Site;
use crate::advice;
use crate::error::Result;
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use wikisentry_driver::converge::{Change, OnWork};
use wikisentry_driver::kube::{ApplyOptions, Kube, ObjectSet};

/// A component's objects made with further values of its templates.
pub type Rendering<'a> = &'a (dyn Fn(&Value) -> Result<ObjectSet> + Send + Sync);

/// A component that is compared or brought to its wanted state, and with what.
#[derive(Clone, Copy)]
pub struct Rollout<'a> {
    pub site: &'a Site,
    pub kube: &'a Kube,
    /// Makes the objects, with what they keep of themselves as `values.kept`.
    pub rendering: Rendering<'a>,
    /// Where it may keep a file for the next time; readable by the owner alone.
    pub folder: &'a Path,
    /// How long the pods may take to become ready.
    pub deadline: Duration,
}

impl Rollout<'_> {
    /// Applies the objects, and waits until all pods are ready.
    ///
    /// # Errors
    /// What the cluster refuses, or why pods do not become ready.
    pub async fn bring(&self, set: &ObjectSet, on_work: OnWork<'_>) -> Result<Vec<Change>> {
        let options = ApplyOptions::default();
        let done = self.kube.apply(set, &options, on_work).await;
        let done = done.map_err(advice::kube)?;
        let workloads = set.workloads();
        let ready = self.kube.wait_ready(&workloads, self.deadline, on_work);
        ready.await.map_err(advice::kube)?;
        Ok(done)
    }
}

/// Replaces in a way of its own.
#[derive(Clone, Copy)]
pub struct RolloutSteps {
    /// Config maps that hold what it keeps, by their names: they outlive its pods.
    pub config_maps: &'static [&'static str],
    /// What is kept of a component that is not there yet.
    pub initial: fn() -> Value,
    /// What was kept of the component in the cluster, for [`Rollout::rendering`].
    pub kept: for<'a> fn(Rollout<'a>) -> BoxFuture<'a, Result<Value>>,
    /// Brings it to its wanted state, and waits until it is.
    pub apply: for<'a> fn(Rollout<'a>, OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>>,
}
