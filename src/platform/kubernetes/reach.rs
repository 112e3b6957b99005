//! What others run for the platform: that it is there, takes us, and what is written. Nothing of it is
//! changed.

use super::Kubernetes;
use crate::components::{Component, Reach};
use crate::error::{Error, Result};
use futures_util::future::BoxFuture;
use std::time::Duration;
use wikisentry_driver::converge::{Change, Converge, OnWork, Verb};

/// A component that others run, to be within reach.
pub(super) struct Service<'a> {
    pub(super) kubernetes: &'a Kubernetes,
    pub(super) component: &'static Component,
    pub(super) reach: Reach,
}

impl Service<'_> {
    async fn reached(&self, writes: bool) -> Result<Vec<Change>> {
        // A change that is kept has no detail: it would be taken for a remark.
        (self.reach)(&self.kubernetes.parts.site, writes).await?;
        let mut change = Change::new(Verb::Keep, "service", self.component.name);
        self.component.name.clone_into(&mut change.component);
        Ok(vec![change])
    }
}

impl Converge for Service<'_> {
    type Error = Error;

    fn key(&self) -> &'static str {
        self.component.name
    }

    fn needs(&self) -> Vec<&'static str> {
        Vec::new()
    }

    fn deadline(&self) -> Option<Duration> {
        Some(self.kubernetes.parts.site.settings.docker.deadline)
    }

    fn plan(&self, _: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(self.reached(false))
    }

    fn apply<'a>(&'a self, _: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(self.reached(true))
    }
}
