//! How the project's containers are, and what other containers use.

use super::engine::Engine;
use super::error::{During, EngineError, found};
use super::observed::{is_of, name_of, part, platform};
use super::wait::describe;
use crate::compose::Project;
use bollard::models::{ContainerStatsResponse, ContainerSummaryStateEnum};
use bollard::query_parameters::StatsOptionsBuilder;
use futures_util::StreamExt;
use futures_util::future::{join_all, try_join_all};
use jiff::Timestamp;

/// How a service's container is.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ServiceStatus {
    pub service: String,
    /// `healthy`, `starting`, `unhealthy`, `running` without a health check, `restarting`,
    /// `exited` … or `missing`.
    pub state: String,
    /// It runs, and its health check, if it has one, passes.
    pub is_ready: bool,
    /// How often the engine restarted it.
    pub restarts: i64,
    /// The kernel killed a process in it because it was out of memory.
    pub out_of_memory: bool,
    /// Since when it runs.
    pub started: Option<Timestamp>,
    /// What it uses, if it runs.
    pub usage: Option<ContainerUsage>,
}

/// What a container uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct ContainerUsage {
    /// Memory in bytes, without caches that the kernel can drop.
    pub memory_bytes: u64,
    /// Its limit in bytes; the machine's memory if it has none.
    pub memory_limit_bytes: u64,
}

/// A container that uses memory.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct MemoryUser {
    pub container: String,
    /// The project it works for, if for any: by its compose project or our own label.
    pub project: Option<String>,
    /// Its service in that project, or the component that it is of.
    pub service: Option<String>,
    /// Bytes, without caches that the kernel can drop.
    pub memory_bytes: u64,
}

impl Engine {
    /// How every service of `project` is, in the order of their names.
    pub async fn status(&self, project: &Project) -> Result<Vec<ServiceStatus>, EngineError> {
        let services = project.services.keys();
        try_join_all(services.map(|name| self.service_status(project, name))).await
    }

    async fn service_status(
        &self,
        project: &Project,
        service: &str,
    ) -> Result<ServiceStatus, EngineError> {
        let container = project.container_name(service);
        let ours = self.look_at(&container).await?.filter(|inspected| {
            let config = inspected.config.as_ref();
            let labels = config.and_then(|config| config.labels.as_ref());
            labels.is_some_and(|labels| is_of(project, labels))
        });
        let inspected = ours.unwrap_or_default();
        let state = inspected.state.unwrap_or_default();
        let running = state.running == Some(true);
        let described = describe(&state);
        let usage = if running {
            self.usage(&container).await?
        } else {
            None
        };
        Ok(ServiceStatus {
            service: service.to_owned(),
            is_ready: ["healthy", "running"].contains(&described.as_str()),
            state: described,
            restarts: inspected.restart_count.unwrap_or_default(),
            out_of_memory: state.oom_killed.unwrap_or(false),
            started: state
                .started_at
                .filter(|_| running)
                .and_then(|time| time.parse().ok()),
            usage,
        })
    }

    /// What a container uses now; `None` if it does not run.
    async fn usage(&self, container: &str) -> Result<Option<ContainerUsage>, EngineError> {
        let once = StatsOptionsBuilder::default().stream(false).one_shot(true);
        let mut answers = self.docker.stats(container, Some(once.build())).boxed();
        let Some(answer) = answers.next().await else {
            return Ok(None);
        };
        let stats = found(answer).during(|| format!("ask what {container} uses"))?;
        Ok(stats.and_then(|stats| usage(&stats)))
    }

    /// Running containers by the memory they use, the largest first.
    pub async fn memory_users(&self) -> Result<Vec<MemoryUser>, EngineError> {
        let summaries = self.containers(None).await?;
        let running = summaries
            .iter()
            .filter(|summary| summary.state == Some(ContainerSummaryStateEnum::RUNNING));
        let asked = running.map(|summary| async {
            let usage = self.usage(name_of(summary)).await.ok().flatten()?;
            let labels = summary.labels.as_ref();
            Some(MemoryUser {
                container: name_of(summary).to_owned(),
                project: labels.and_then(platform).map(str::to_owned),
                service: labels.and_then(part).map(str::to_owned),
                memory_bytes: usage.memory_bytes,
            })
        });
        let mut users: Vec<MemoryUser> = join_all(asked).await.into_iter().flatten().collect();
        users.sort_by_key(|user| std::cmp::Reverse(user.memory_bytes));
        Ok(users)
    }
}

/// Memory as the Docker CLI counts it: without inactive file pages, which have one name in
/// version 1 of cgroups and another in version 2.
fn usage(stats: &ContainerStatsResponse) -> Option<ContainerUsage> {
    let memory = stats.memory_stats.as_ref()?;
    let details = memory.stats.as_ref();
    let detail = |name| details.and_then(|details| details.get(name)).copied();
    let inactive = detail("total_inactive_file").or_else(|| detail("inactive_file"));
    Some(ContainerUsage {
        memory_bytes: memory.usage?.saturating_sub(inactive.unwrap_or(0)),
        memory_limit_bytes: memory.limit.unwrap_or_default(),
    })
}
