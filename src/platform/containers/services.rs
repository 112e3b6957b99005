//! Network, volumes and containers of the compose project.

use super::Containers;
use crate::advice;
use crate::components;
use crate::error::{Error, Result};
use futures_util::future::BoxFuture;
use std::time::Duration;
use wikisentry_driver::converge::{Change, Converge, Demand, OnWork, Verb};
use wikisentry_driver::docker::{Engine, Progress};

/// Disk that must be left for a new volume: it begins small and grows with what is kept, in bytes.
const NEW_VOLUME: u64 = 700 << 20;

/// The containers, to be made, started and healthy.
pub(super) struct Services<'a> {
    pub(super) engine: &'a Engine,
    pub(super) containers: &'a Containers,
}

impl Converge for Services<'_> {
    type Error = Error;

    fn key(&self) -> &'static str {
        "containers"
    }

    fn needs(&self) -> Vec<&'static str> {
        Vec::new()
    }

    fn demand(&self) -> Demand {
        let settings = &self.containers.parts.site.settings;
        let all = components::in_containers();
        let memory = all
            .clone()
            .map(|one| (one.name.to_owned(), one.memory_bytes(settings)));
        Demand {
            memory: memory.collect(),
            cpus: 1,
            ports: all.flat_map(|one| one.port_demands(settings)).collect(),
            growth: Vec::new(),
        }
    }

    fn deadline(&self) -> Option<Duration> {
        // Of each container, and those that depend on others wait for them first.
        let levels = self.containers.project.start_order().len();
        let levels = u32::try_from(levels + 1).unwrap_or(1);
        Some(self.containers.parts.site.settings.docker.deadline * levels)
    }

    fn plan(&self, _: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async {
            let project = &self.containers.project;
            let planned = self.engine.plan(project).await;
            let mut changes = planned.map_err(advice::engine)?;
            for change in &mut changes {
                if change.kind == "volume" && change.verb == Verb::Create {
                    change.disk_bytes = Some(NEW_VOLUME);
                }
            }
            Ok(changes)
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            let project = &self.containers.project;
            let deadline = self.containers.parts.site.settings.docker.deadline;
            let watcher = |progress: Progress| {
                if let Some(work) = progress.work() {
                    on_work(work);
                }
            };
            let done = self.engine.apply(project, deadline, &watcher).await;
            let done = done.map_err(advice::engine)?;
            let ready = self.engine.wait_ready(project, deadline, &watcher).await;
            ready.map_err(advice::engine)?;
            Ok(done)
        })
    }
}
