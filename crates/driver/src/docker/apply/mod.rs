//! Carries out a plan. Every step leaves the engine in a state from which the next plan goes on,
//! whenever the process ends.

mod container;

use super::compare::compare;
use super::difference::Refusal;
use super::engine::Engine;
use super::error::{During, EngineError, found, status_of};
use super::observed::{FoundContainer, Observed, owner};
use super::plan::{Plan, PlannedAction, ResourceAction};
use super::progress::{ProgressStep, Watcher, tell};
use super::resource::{Resource, ResourceKind};
use super::{edition, request};
use crate::compose::{HashEdition, Project};
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
    pub async fn plan(&self, project: &Project) -> Result<Plan, EngineError> {
        Ok(compare(project, &self.observe(project).await?))
    }

    /// Makes the engine have what `project` asks for, and changes nothing else. Services that
    /// depend on others wait for them, up to `patience` each; otherwise it does not wait until
    /// services are ready (see [`Engine::wait_ready`]). Returns the plan that was carried out.
    ///
    /// It can be interrupted at any point and called again.
    pub async fn apply(
        &self,
        project: &Project,
        patience: Duration,
        watcher: Watcher<'_>,
    ) -> Result<Plan, EngineError> {
        let observed = self.observe(project).await?;
        let plan = compare(project, &observed);
        let refusals: Vec<Refusal> = plan.refusals().cloned().collect();
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
        for planned in &plan.actions {
            match planned.resource.kind {
                ResourceKind::Network => applying.network(planned).await?,
                ResourceKind::Volume => applying.volume(planned).await?,
                ResourceKind::Container => {}
            }
        }
        for level in project.start_order() {
            let services = level.into_iter().map(|name| applying.service(name, &plan));
            // All of them are completed, so that none is left half-way when another fails.
            for result in join_all(services).await {
                result?;
            }
        }
        Ok(plan)
    }
}

/// Refuses to begin when an image is missing that will be needed.
fn check_images(project: &Project, plan: &Plan, observed: &Observed) -> Result<(), EngineError> {
    let mut missing: Vec<String> = plan
        .actions
        .iter()
        .filter(|planned| planned.resource.kind == ResourceKind::Container)
        .filter(|planned| {
            matches!(
                planned.action,
                ResourceAction::Create | ResourceAction::Recreate { .. }
            )
        })
        .map(|planned| &project.services[&planned.resource.key].image)
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
    async fn network(&self, planned: &PlannedAction) -> Result<(), EngineError> {
        let resource = &planned.resource;
        match &planned.action {
            ResourceAction::Create => self.create_network(resource).await,
            ResourceAction::Recreate { because } => {
                tell(
                    self.watcher,
                    resource,
                    ProgressStep::Recreating(because.clone()),
                );
                self.empty_network(&resource.name).await?;
                let removed = found(self.engine.docker.remove_network(&resource.name).await);
                removed.during(|| format!("remove the network {}", resource.name))?;
                self.create_network(resource).await
            }
            _ => {
                tell(self.watcher, resource, ProgressStep::Kept);
                Ok(())
            }
        }
    }

    async fn create_network(&self, resource: &Resource) -> Result<(), EngineError> {
        tell(self.watcher, resource, ProgressStep::Creating);
        let request = request::network(self.project, &resource.key);
        let began = Instant::now();
        while let Err(error) = self.engine.docker.create_network(request.clone()).await {
            // The engine may have created it for a process that was killed.
            let networks = self.engine.observe_networks(self.project).await?;
            let is_ours = |n: &super::observed::FoundNetwork| {
                n.name == resource.name && owner(&n.labels) == Some(self.project.name.as_str())
            };
            if networks.iter().any(is_ours) {
                break;
            }
            let conflicts = matches!(status_of(&error), Some(403 | 409));
            if !conflicts || began.elapsed() > SETTLING {
                return Err(error).during(|| format!("create the network {}", resource.name));
            }
            tokio::time::sleep(POLL).await;
        }
        tell(self.watcher, resource, ProgressStep::Created);
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

    async fn volume(&self, planned: &PlannedAction) -> Result<(), EngineError> {
        let resource = &planned.resource;
        if planned.action != ResourceAction::Create {
            tell(self.watcher, resource, ProgressStep::Kept);
            return Ok(());
        }
        tell(self.watcher, resource, ProgressStep::Creating);
        let request = request::volume(self.project, &resource.key);
        let created = self.engine.docker.create_volume(request).await;
        let created = created.during(|| format!("create the volume {}", resource.name))?;
        // Creating a volume that is there already succeeds and gives that one.
        if owner(&created.labels) != Some(self.project.name.as_str()) {
            return Err(EngineError::Refused(vec![Refusal::Foreign {
                resource: resource.clone(),
                owner: owner(&created.labels).map(str::to_owned),
            }]));
        }
        tell(self.watcher, resource, ProgressStep::Created);
        Ok(())
    }

    async fn service(&self, name: &str, plan: &Plan) -> Result<(), EngineError> {
        let of_service = |planned: &&PlannedAction| {
            planned.resource.kind == ResourceKind::Container && planned.resource.key == name
        };
        let planned_actions: Vec<&PlannedAction> = plan.actions.iter().filter(of_service).collect();
        for planned in &planned_actions {
            let resource = &planned.resource;
            match &planned.action {
                ResourceAction::Keep => tell(self.watcher, resource, ProgressStep::Kept),
                ResourceAction::Start => {
                    self.wait_for_dependencies(resource).await?;
                    self.start(resource).await?;
                }
                ResourceAction::Create => {
                    self.wait_for_dependencies(resource).await?;
                    // What an interrupted change left may still hold ports and volumes.
                    for leftover in self.leftovers(&planned_actions) {
                        self.stop(leftover).await?;
                    }
                    self.create(resource).await?;
                    self.start(resource).await?;
                }
                ResourceAction::Recreate { because } => {
                    self.wait_for_dependencies(resource).await?;
                    tell(
                        self.watcher,
                        resource,
                        ProgressStep::Recreating(because.clone()),
                    );
                    let mut containers = self.observed.containers.iter();
                    if let Some(old) = containers.find(|c| c.name == resource.name) {
                        self.stop(old).await?;
                        let aside = self.put_aside(old).await?;
                        self.create(resource).await?;
                        self.start(resource).await?;
                        self.remove(old, &aside).await?;
                    }
                }
                // Only after its successor runs.
                ResourceAction::Remove | ResourceAction::Refuse(_) => {}
            }
        }
        for leftover in self.leftovers(&planned_actions) {
            self.stop(leftover).await?;
            self.remove(leftover, &leftover.name).await?;
        }
        Ok(())
    }

    /// Containers that are to be removed among `actions`.
    fn leftovers(&self, actions: &[&PlannedAction]) -> Vec<&FoundContainer> {
        let is_leftover = |container: &&FoundContainer| {
            actions.iter().any(|planned| {
                planned.action == ResourceAction::Remove && planned.resource.name == container.name
            })
        };
        self.observed
            .containers
            .iter()
            .filter(is_leftover)
            .collect()
    }

    async fn wait_for_dependencies(&self, waiting: &Resource) -> Result<(), EngineError> {
        let service = &self.project.services[&waiting.key];
        for other in service.depends_on.keys() {
            tell(
                self.watcher,
                waiting,
                ProgressStep::WaitingFor(other.clone()),
            );
            self.engine
                .wait_for(self.project, other, self.patience, self.watcher)
                .await?;
        }
        Ok(())
    }
}
