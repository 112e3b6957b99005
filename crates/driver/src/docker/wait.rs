//! Waiting until services are ready, and what is known of one that is not.

use super::CONTAINER;
use super::engine::Engine;
use super::error::EngineError;
use super::failure::{ServiceFailure, WaitOutcome};
use super::logs::LogRequest;
use super::progress::{ProgressStep, Watcher, tell};
use crate::compose::Project;
use bollard::models::{ContainerInspectResponse, ContainerState, HealthStatusEnum};
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use std::time::{Duration, Instant};

/// How often a container is looked at.
const POLL: Duration = Duration::from_millis(250);

/// A container that restarted this often during the wait will not become ready.
const RESTARTS: i64 = 3;

/// How many of its last lines the failure of a service has.
const LAST_LINES: u32 = 20;

impl Engine {
    /// Waits until every service of `project` runs and its health check, if it has one, passes.
    /// Fails as soon as one cannot get there, else after `deadline`.
    pub async fn wait_ready(
        &self,
        project: &Project,
        deadline: Duration,
        watcher: Watcher<'_>,
    ) -> Result<(), EngineError> {
        let services = project.services.keys();
        let waits = services.map(|name| self.wait_for(project, name, deadline, watcher));
        try_join_all(waits).await.map(|_| ())
    }

    /// Waits until a service is healthy. One without a health check is if it runs.
    pub(super) async fn wait_for(
        &self,
        project: &Project,
        service: &str,
        deadline: Duration,
        watcher: Watcher<'_>,
    ) -> Result<(), EngineError> {
        let name = project.container_name(service);
        let began = Instant::now();
        let mut told = String::new();
        let mut restarts_before = None;
        loop {
            let Some(inspected) = self.look_at(&name).await? else {
                let nothing = ContainerInspectResponse::default();
                return Err(self
                    .failure(service, WaitOutcome::Missing, nothing, &name)
                    .await);
            };
            let state = inspected.state.clone().unwrap_or_default();
            let restarts = inspected.restart_count.unwrap_or_default();
            let restarts_before = *restarts_before.get_or_insert(restarts);
            let now = describe(&state);
            if now != told {
                tell(watcher, CONTAINER, &name, ProgressStep::State(now.clone()));
                told = now;
            }
            let outcome = match judge(&state) {
                Readiness::Ready => {
                    tell(watcher, CONTAINER, &name, ProgressStep::Ready);
                    return Ok(());
                }
                Readiness::Never => Some(WaitOutcome::Exited),
                // Between two runs, when the engine knows how the last one ended.
                Readiness::NotYet
                    if restarts - restarts_before >= RESTARTS && has_ended(&state) =>
                {
                    Some(WaitOutcome::KeepsExiting)
                }
                Readiness::NotYet if began.elapsed() >= deadline => {
                    Some(WaitOutcome::DeadlinePassed(deadline))
                }
                Readiness::NotYet => None,
            };
            if let Some(outcome) = outcome {
                return Err(self.failure(service, outcome, inspected, &name).await);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn failure(
        &self,
        service: &str,
        outcome: WaitOutcome,
        inspected: ContainerInspectResponse,
        name: &str,
    ) -> EngineError {
        let state = inspected.state.unwrap_or_default();
        let checks = state.health.clone().and_then(|health| health.log);
        let last_check = checks.unwrap_or_default().pop();
        let health_output = last_check
            .filter(|check| check.exit_code != Some(0))
            .and_then(|check| check.output)
            .map(|output| output.trim().to_owned())
            .filter(|output| !output.is_empty());
        EngineError::NotReady(Box::new(ServiceFailure {
            service: service.to_owned(),
            outcome,
            state: describe(&state),
            exit_code: state.exit_code.filter(|_| has_ended(&state)),
            out_of_memory: state.oom_killed.unwrap_or(false),
            restarts: inspected.restart_count.unwrap_or_default(),
            health_output,
            error: state.error.filter(|error| !error.is_empty()),
            last_lines: self.last_lines(service, name).await,
        }))
    }

    /// The last lines of a container; none if the engine does not give them.
    async fn last_lines(&self, service: &str, name: &str) -> Vec<String> {
        let request = LogRequest {
            tail: Some(LAST_LINES),
            ..LogRequest::default()
        };
        let lines = self.container_logs(service, name, &request);
        let lines = lines.filter_map(|line| async { line.ok().map(|line| line.text) });
        lines.collect().await
    }
}

/// Whether no process of it runs: it is between two restarts, or has ended.
fn has_ended(state: &ContainerState) -> bool {
    state.running != Some(true) || state.restarting == Some(true)
}

/// Whether a service is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readiness {
    Ready,
    NotYet,
    /// It ended, and the engine does not restart it.
    Never,
}

fn judge(state: &ContainerState) -> Readiness {
    let restarting = state.restarting == Some(true);
    if has_ended(state) {
        let is_over = !restarting && describe(state) != "created";
        return if is_over {
            Readiness::Never
        } else {
            Readiness::NotYet
        };
    }
    match state.health.as_ref().and_then(|health| health.status) {
        None
        | Some(HealthStatusEnum::HEALTHY | HealthStatusEnum::NONE | HealthStatusEnum::EMPTY) => {
            Readiness::Ready
        }
        Some(_) => Readiness::NotYet,
    }
}

/// The state in one word: the health of what runs, else `created`, `restarting`, `exited` …; of a
/// container that is not there `missing`.
pub(super) fn describe(state: &ContainerState) -> String {
    let status = state.status.map_or("missing".to_owned(), |s| s.to_string());
    let health = state.health.as_ref().and_then(|health| health.status);
    match health {
        Some(
            health @ (HealthStatusEnum::STARTING
            | HealthStatusEnum::HEALTHY
            | HealthStatusEnum::UNHEALTHY),
        ) if status == "running" => health.to_string(),
        _ => status,
    }
}
