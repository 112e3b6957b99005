//! The images of all containers: built or pulled where they are missing.

use super::Containers;
use crate::advice;
use crate::error::{Error, Result};
use futures_util::future::BoxFuture;
use std::time::Duration;
use wikisentry_driver::converge::{Change, Converge, OnWork};
use wikisentry_driver::docker::Engine;
use wikisentry_driver::images::{self, ImageEvent, ImageSet};

/// The images, to be brought to the engine.
pub(super) struct Images<'a> {
    pub(super) engine: &'a Engine,
    pub(super) containers: &'a Containers,
}

impl Images<'_> {
    /// Those of the components that are part of it, and what they are built on.
    fn set(&self) -> ImageSet {
        let parts = &self.containers.parts;
        let names = parts.components.iter().map(|one| one.name);
        parts.images.only(&names.collect::<Vec<_>>())
    }
}

impl Converge for Images<'_> {
    type Error = Error;

    fn key(&self) -> &'static str {
        "images"
    }

    fn needs(&self) -> Vec<&'static str> {
        Vec::new()
    }

    fn deadline(&self) -> Option<Duration> {
        // Compiling takes as long as the machine is slow.
        None
    }

    fn plan(&self, _: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async {
            let planned = images::plan(self.engine.client(), &self.set()).await;
            planned.map_err(advice::images)
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            let on_event = |event: ImageEvent| {
                if let Some(work) = event.work() {
                    on_work(work);
                }
            };
            let done = images::ensure(self.engine.client(), &self.set(), &on_event).await;
            done.map_err(advice::images)
        })
    }
}
