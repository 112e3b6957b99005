//! Carries out a plan. Every step leaves the engine in a state from which the next plan goes on,
//! whenever the process ends.

mod container;

use super::compare::{Planned, compare, foreign};
use super::engine::Engine;
use super::error::{During, EngineError, found, status_of};
use super::observed::{FoundContainer, FoundNetwork, Observed, is_of};
use super::progress::{ProgressStep, Watcher, tell};
use super::{CONTAINER, NETWORK, VOLUME, edition, request};
use crate::compose::{HashEdition, Project};
use crate::converge::{Change, Verb};
use futures_util::future::join_all;
use std::time::{Duration, Instant};

/// How long the engine may take to complete what a killed process asked for.
const SETTLING: Duration = Duration::from_secs(30);

/// How often it is asked meanwhile.
const POLL: Duration = Duration::from_millis(250);

/// What a change of one project needs to know.
struct Applying<'a> {
    engine: &'a Engine,
    project: &'a Project,
    observed: &'a Observed,
    edition: HashEdition,
    patience: Duration,
    watcher: Watcher<'a>,
}

impl Engine {
    /// Compares what `project` asks for with what the engine has. Changes nothing.
    pub async fn plan(&self, project: &Project) -> Result<Vec<Change>, EngineError> {
        let plan = compare(project, &self.observe(project).await?);
        Ok(plan.into_iter().map(|planned| planned.change).collect())
    }

    /// Makes the engine have what `project` asks for, and changes nothing else. Services that
    /// depend on others wait for them, up to `patience` each; otherwise it does not wait until
    /// services are ready (see [`Engine::wait_ready`]). Returns what was done.
    ///
    /// It can be interrupted at any point and called again.
    pub async fn apply(
        &self,
        project: &Project,
        patience: Duration,
        watcher: Watcher<'_>,
    ) -> Result<Vec<Change>, EngineError> {
        let observed = self.observe(project).await?;
        let plan = compare(project, &observed);
        let changes: Vec<Change> = plan.iter().map(|one| one.change.clone()).collect();
        let refused = changes.iter().filter(|change| change.verb == Verb::Refuse);
        let refusals: Vec<String> = refused.map(|change| change.detail.clone()).collect();
        if !refusals.is_empty() {
            return Err(EngineError::Refused(refusals));
        }
        check_images(project, &plan, &observed)?;
        let applying = Applying {
            engine: self,
            project,
            observed: &observed,
            edition: edition::needed(project, &plan).await,
            patience,
            watcher,
        };
        for planned in &plan {
            match planned.change.kind {
                NETWORK => applying.network(planned).await?,
                VOLUME => applying.volume(planned).await?,
                _ => {}
            }
        }
        for level in project.start_order() {
            let services = level.into_iter().map(|name| applying.service(name, &plan));
            // All of them are completed, so that none is left half-way when another fails.
            for result in join_all(services).await {
                result?;
            }
        }
        Ok(changes)
    }
}

/// Refuses to begin when an image is missing that will be needed.
fn check_images(
    project: &Project,
    plan: &[Planned],
    observed: &Observed,
) -> Result<(), EngineError> {
    let mut missing: Vec<String> = plan
        .iter()
        .filter(|planned| planned.makes_container())
        .map(|planned| &project.services[&planned.key].image)
        .filter(|image| !observed.images.contains_key(*image))
        .map(|image| format!("the image {image}"))
        .collect();
    missing.dedup();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(EngineError::ImagesMissing(missing))
    }
}

impl Applying<'_> {
    fn tell(&self, planned: &Planned, step: ProgressStep) {
        let Change { kind, name, .. } = &planned.change;
        tell(self.watcher, kind, name, step);
    }

    async fn network(&self, planned: &Planned) -> Result<(), EngineError> {
        let name = &planned.change.name;
        match planned.change.verb {
            Verb::Create => self.create_network(planned).await,
            Verb::Recreate => {
                self.tell(planned, ProgressStep::Recreating);
                self.empty_network(name).await?;
                let removed = found(self.engine.docker.remove_network(name).await);
                removed.during(|| format!("remove the network {name}"))?;
                self.create_network(planned).await
            }
            _ => {
                self.tell(planned, ProgressStep::Kept);
                Ok(())
            }
        }
    }

    async fn create_network(&self, planned: &Planned) -> Result<(), EngineError> {
        self.tell(planned, ProgressStep::Creating);
        let name = &planned.change.name;
        let request = request::network(self.project, &planned.key);
        let began = Instant::now();
        while let Err(error) = self.engine.docker.create_network(request.clone()).await {
            // The engine may have created it for a process that was killed.
            let networks = self.engine.observe_networks(self.project).await?;
            let is_ours = |n: &FoundNetwork| n.name == *name && is_of(self.project, &n.labels);
            if networks.iter().any(is_ours) {
                break;
            }
            let conflicts = matches!(status_of(&error), Some(403 | 409));
            if !conflicts || began.elapsed() > SETTLING {
                return Err(error).during(|| format!("create the network {name}"));
            }
            tokio::time::sleep(POLL).await;
        }
        self.tell(planned, ProgressStep::Created);
        Ok(())
    }

    /// Stops the project's containers in a network and takes them out of it. They are recreated
    /// later, since they are not in the new network.
    async fn empty_network(&self, name: &str) -> Result<(), EngineError> {
        let network = self.observed.networks.iter().find(|n| n.name == name);
        let Some(network) = network else {
            return Ok(());
        };
        let mut containers = self.observed.containers.iter();
        while let Some(container) = containers.find(|c| c.networks.contains(&network.id)) {
            self.stop(container).await?;
            let request = bollard::models::NetworkDisconnectRequest {
                container: container.id.clone(),
                force: Some(true),
            };
            let disconnected = self.engine.docker.disconnect_network(name, request).await;
            found(disconnected).during(|| format!("take {} out of {name}", container.name))?;
        }
        Ok(())
    }

    async fn volume(&self, planned: &Planned) -> Result<(), EngineError> {
        if planned.change.verb != Verb::Create {
            self.tell(planned, ProgressStep::Kept);
            return Ok(());
        }
        self.tell(planned, ProgressStep::Creating);
        let name = &planned.change.name;
        let request = request::volume(self.project, &planned.key);
        let created = self.engine.docker.create_volume(request).await;
        let created = created.during(|| format!("create the volume {name}"))?;
        // Creating a volume that is there already succeeds and gives that one.
        if !is_of(self.project, &created.labels) {
            let refusal = foreign(VOLUME, name, &created.labels);
            return Err(EngineError::Refused(vec![refusal]));
        }
        self.tell(planned, ProgressStep::Created);
        Ok(())
    }

    async fn service(&self, name: &str, plan: &[Planned]) -> Result<(), EngineError> {
        let of_service = |one: &&Planned| one.change.kind == CONTAINER && one.key == name;
        let plan: Vec<&Planned> = plan.iter().filter(of_service).collect();
        for planned in &plan {
            match planned.change.verb {
                Verb::Keep => self.tell(planned, ProgressStep::Kept),
                Verb::Start => {
                    self.wait_for_dependencies(planned).await?;
                    self.start(planned).await?;
                }
                Verb::Create => {
                    self.wait_for_dependencies(planned).await?;
                    // What an interrupted change left may still hold ports and volumes.
                    for leftover in self.leftovers(&plan) {
                        self.stop(leftover).await?;
                    }
                    self.create(planned).await?;
                    self.start(planned).await?;
                }
                Verb::Recreate => {
                    self.wait_for_dependencies(planned).await?;
                    self.tell(planned, ProgressStep::Recreating);
                    let mut containers = self.observed.containers.iter();
                    if let Some(old) = containers.find(|c| c.name == planned.change.name) {
                        self.stop(old).await?;
                        let aside = self.put_aside(old).await?;
                        self.create(planned).await?;
                        self.start(planned).await?;
                        self.remove(old, &aside).await?;
                    }
                }
                // It is removed only after its successor runs.
                _ => {}
            }
        }
        for leftover in self.leftovers(&plan) {
            self.stop(leftover).await?;
            self.remove(leftover, &leftover.name).await?;
        }
        Ok(())
    }

    /// Containers that are to be removed by `plan`.
    fn leftovers(&self, plan: &[&Planned]) -> Vec<&FoundContainer> {
        let removed = plan.iter().map(|planned| &planned.change);
        let removed = removed.filter(|change| change.verb == Verb::Remove);
        let names: Vec<&String> = removed.map(|change| &change.name).collect();
        let containers = self.observed.containers.iter();
        containers.filter(|c| names.contains(&&c.name)).collect()
    }

    async fn wait_for_dependencies(&self, waiting: &Planned) -> Result<(), EngineError> {
        let service = &self.project.services[&waiting.key];
        for other in service.depends_on.keys() {
            self.tell(waiting, ProgressStep::WaitingFor(other.clone()));
            self.engine
                .wait_for(self.project, other, self.patience, self.watcher)
                .await?;
        }
        Ok(())
    }
}
