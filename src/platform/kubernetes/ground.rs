//! The cluster of others: that it answers, takes us, and has the namespace. Nothing of it is changed.

use super::{Kubernetes, refused, rights};
use crate::advice;
use crate::components::{self, Place};
use crate::error::{Error, Result};
use futures_util::future::BoxFuture;
use std::time::Duration;
use wikisentry_driver::converge::{Change, Converge, Demand, OnWork, Verb};

/// The cluster, to be there.
pub(super) struct ForeignCluster<'a> {
    pub(super) kubernetes: &'a Kubernetes,
}

/// What is found of it.
struct Found {
    version: String,
    /// Why it cannot be used.
    obstacle: Option<String>,
}

impl ForeignCluster<'_> {
    async fn look(&self) -> Result<Found> {
        let kubernetes = self.kubernetes;
        let own = &kubernetes.foreign().settings;
        let kube = kubernetes.parts.connect().await?;
        let version = kube.version().await.map_err(advice::kube)?;
        let rights = rights::needed(own.create_namespace, own.network_policies);
        let missing = kube.missing_rights(&own.namespace, &rights).await;
        let missing = missing.map_err(advice::kube)?;
        let mut obstacle = None;
        if !missing.is_empty() {
            let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
            obstacle = Some(format!("its user may not {}", missing.join(", ")));
        } else if !own.create_namespace {
            let there = kube.has_namespace(&own.namespace).await;
            if !there.map_err(advice::kube)? {
                let name = &own.namespace;
                obstacle = Some(format!(
                    "there is no namespace {name}, and kubernetes.create_namespace is false"
                ));
            }
        }
        Ok(Found { version, obstacle })
    }

    /// Its version, if it can be used.
    ///
    /// # Errors
    /// If it does not answer, or does not let us do what we must.
    pub(super) async fn checked(&self) -> Result<String> {
        let found = self.look().await?;
        let context = &self.kubernetes.foreign().settings.context;
        match found.obstacle {
            Some(why) => Err(refused(
                &format!("the cluster {context} cannot be used"),
                &why,
            )),
            None => Ok(format!("{context}: Kubernetes {}", found.version)),
        }
    }
}

impl Converge for ForeignCluster<'_> {
    type Error = Error;

    fn key(&self) -> &'static str {
        "cluster"
    }

    fn needs(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Pods are counted here, all at once: before any of them is there.
    fn demand(&self) -> Demand {
        let settings = &self.kubernetes.parts.site.settings;
        let pods = components::in_cluster().filter(|one| matches!(one.place, Place::Pods(_)));
        let memory = pods.map(|one| (one.name.to_owned(), one.memory_bytes(settings)));
        Demand {
            memory: memory.collect(),
            ..Demand::default()
        }
    }

    fn deadline(&self) -> Option<Duration> {
        Some(self.kubernetes.parts.site.settings.docker.deadline)
    }

    fn plan(&self, _: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async {
            let found = self.look().await?;
            let context = &self.kubernetes.foreign().settings.context;
            let mut change = match found.obstacle {
                Some(why) => Change::new(Verb::Refuse, "cluster", context).because(why),
                None => Change::new(Verb::Keep, "cluster", context),
            };
            "cluster".clone_into(&mut change.component);
            Ok(vec![change])
        })
    }

    fn apply<'a>(&'a self, _: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async {
            self.checked().await?;
            self.plan(true).await
        })
    }
}
