//! Carries out a plan. Every step leaves the engine in a state from which the next plan goes on,
//! whenever the process ends.

use super::engine::Engine;
use super::error::{During, EngineError, found, status_of, staying};
use super::observed::{Container, Observed, container, name_of, owner};
use super::plan::{Action, Change, Kind, Plan, Refusal, Subject, plan};
use super::progress::{Step, Watcher, subject, tell};
use super::{edition, request};
use crate::compose::{HashEdition, Project};
use bollard::models::{ContainerUpdateBody, RestartPolicy, RestartPolicyNameEnum};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder, RenameContainerOptionsBuilder,
    StartContainerOptions, StopContainerOptionsBuilder,
};
use futures_util::future::join_all;
use std::time::{Duration, Instant};

/// How long the engine may take to end what a killed call asked for.
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
        Ok(plan(project, &self.observe(project).await?))
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
        let plan = plan(project, &observed);
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
        for change in &plan.changes {
            match change.subject.kind {
                Kind::Network => applying.network(change).await?,
                Kind::Volume => applying.volume(change).await?,
                Kind::Container => {}
            }
        }
        for level in project.start_order() {
            let services = level.into_iter().map(|name| applying.service(name, &plan));
            // All of them come to their end, so that none is left half-way by another's failure.
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
        .changes
        .iter()
        .filter(|change| change.subject.kind == Kind::Container)
        .filter(|change| matches!(change.action, Action::Create | Action::Recreate { .. }))
        .map(|change| &project.services[&change.subject.key].image)
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
    async fn network(&self, change: &Change) -> Result<(), EngineError> {
        let subject = &change.subject;
        match &change.action {
            Action::Create => self.create_network(subject).await,
            Action::Recreate { because } => {
                tell(self.watcher, subject, Step::Recreating(because.clone()));
                self.empty_network(&subject.name).await?;
                let removed = found(self.engine.docker.remove_network(&subject.name).await);
                removed.during(|| format!("remove the network {}", subject.name))?;
                self.create_network(subject).await
            }
            _ => {
                tell(self.watcher, subject, Step::Kept);
                Ok(())
            }
        }
    }

    async fn create_network(&self, subject: &Subject) -> Result<(), EngineError> {
        tell(self.watcher, subject, Step::Creating);
        let request = request::network(self.project, &subject.key);
        let began = Instant::now();
        while let Err(error) = self.engine.docker.create_network(request.clone()).await {
            // The same by a call that was killed, which goes on in the engine.
            let networks = self.engine.observe_networks(self.project).await?;
            let is_ours = |n: &super::observed::Network| {
                n.name == subject.name && owner(&n.labels) == Some(self.project.name.as_str())
            };
            if networks.iter().any(is_ours) {
                break;
            }
            let conflicts = matches!(status_of(&error), Some(403 | 409));
            if !conflicts || began.elapsed() > SETTLING {
                return Err(error).during(|| format!("create the network {}", subject.name));
            }
            tokio::time::sleep(POLL).await;
        }
        tell(self.watcher, subject, Step::Created);
        Ok(())
    }

    /// Stops the project's containers in a network and takes them out of it. They will be made
    /// anew, since they are not in the new network.
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

    async fn volume(&self, change: &Change) -> Result<(), EngineError> {
        let subject = &change.subject;
        if change.action != Action::Create {
            tell(self.watcher, subject, Step::Kept);
            return Ok(());
        }
        tell(self.watcher, subject, Step::Creating);
        let request = request::volume(self.project, &subject.key);
        let created = self.engine.docker.create_volume(request).await;
        let created = created.during(|| format!("create the volume {}", subject.name))?;
        // Creating a volume that is there already succeeds and gives that one.
        if owner(&created.labels) != Some(self.project.name.as_str()) {
            return Err(EngineError::Refused(vec![Refusal::Foreign {
                subject: subject.clone(),
                owner: owner(&created.labels).map(str::to_owned),
            }]));
        }
        tell(self.watcher, subject, Step::Created);
        Ok(())
    }

    async fn service(&self, name: &str, plan: &Plan) -> Result<(), EngineError> {
        let of_service =
            |change: &&Change| change.subject.kind == Kind::Container && change.subject.key == name;
        let changes: Vec<&Change> = plan.changes.iter().filter(of_service).collect();
        for change in &changes {
            let subject = &change.subject;
            match &change.action {
                Action::Keep => tell(self.watcher, subject, Step::Kept),
                Action::Start => {
                    self.wait_for_dependencies(subject).await?;
                    self.start(subject).await?;
                }
                Action::Create => {
                    self.wait_for_dependencies(subject).await?;
                    // What an interrupted change left may still hold ports and volumes.
                    for leftover in self.leftovers(&changes) {
                        self.stop(leftover).await?;
                    }
                    self.create(subject).await?;
                    self.start(subject).await?;
                }
                Action::Recreate { because } => {
                    self.wait_for_dependencies(subject).await?;
                    tell(self.watcher, subject, Step::Recreating(because.clone()));
                    let mut containers = self.observed.containers.iter();
                    if let Some(old) = containers.find(|c| c.name == subject.name) {
                        self.stop(old).await?;
                        let aside = self.put_aside(old).await?;
                        self.create(subject).await?;
                        self.start(subject).await?;
                        self.remove(old, &aside).await?;
                    }
                }
                // Only after its successor runs.
                Action::Remove | Action::Refuse(_) => {}
            }
        }
        for leftover in self.leftovers(&changes) {
            self.stop(leftover).await?;
            self.remove(leftover, &leftover.name).await?;
        }
        Ok(())
    }

    /// Containers that are to be removed among `changes`.
    fn leftovers(&self, changes: &[&Change]) -> Vec<&Container> {
        let is_leftover = |container: &&Container| {
            changes.iter().any(|change| {
                change.action == Action::Remove && change.subject.name == container.name
            })
        };
        self.observed
            .containers
            .iter()
            .filter(is_leftover)
            .collect()
    }

    async fn wait_for_dependencies(&self, waiting: &Subject) -> Result<(), EngineError> {
        let service = &self.project.services[&waiting.key];
        for (other, condition) in &service.depends_on {
            tell(self.watcher, waiting, Step::WaitingFor(other.clone()));
            self.engine
                .wait_for(self.project, other, *condition, self.patience, self.watcher)
                .await?;
        }
        Ok(())
    }

    async fn create(&self, subject: &Subject) -> Result<(), EngineError> {
        tell(self.watcher, subject, Step::Creating);
        let service = &self.project.services[&subject.key];
        let Some(image) = self.observed.images.get(&service.image) else {
            let image = format!("the image {}", service.image);
            return Err(EngineError::ImagesMissing(vec![image]));
        };
        let request = request::container(self.project, &subject.key, image, self.edition);
        let began = Instant::now();
        loop {
            let options = CreateContainerOptionsBuilder::default().name(&subject.name);
            let options = Some(options.build());
            let created = self
                .engine
                .docker
                .create_container(options, request.clone());
            let Err(error) = created.await else {
                break;
            };
            if status_of(&error) != Some(409) || began.elapsed() > SETTLING {
                return Err(error).during(|| format!("create {}", subject.name));
            }
            if self.was_made_meanwhile(subject).await? {
                break;
            }
            tokio::time::sleep(POLL).await;
        }
        tell(self.watcher, subject, Step::Created);
        self.check_limits(subject).await
    }

    /// Whether the name is taken by the very container that is wanted: a call that was killed goes
    /// on in the engine. While it is still being made, or its predecessor removed, it is not.
    async fn was_made_meanwhile(&self, subject: &Subject) -> Result<bool, EngineError> {
        let name = &subject.name;
        let made = found(self.engine.docker.inspect_container(name, None).await);
        let made = made.during(|| format!("look at {name}"))?.map(container);
        let Some(made) = made.filter(|made| made.state != "removing") else {
            return Ok(false);
        };
        if owner(&made.labels) == Some(self.project.name.as_str()) {
            let service = &self.project.services[&subject.key];
            let hash = service.config_hash(self.edition);
            return Ok(made.labels.get(super::labels::CONFIG_HASH) == Some(&hash));
        }
        Err(EngineError::Refused(vec![Refusal::Foreign {
            subject: subject.clone(),
            owner: owner(&made.labels).map(str::to_owned),
        }]))
    }

    /// An engine that cannot limit makes the container all the same, with a warning at most.
    async fn check_limits(&self, subject: &Subject) -> Result<(), EngineError> {
        let made = self
            .engine
            .docker
            .inspect_container(&subject.name, None)
            .await;
        let made = made.during(|| format!("look at {}", subject.name))?;
        let made = container(made);
        for limit in request::limits(&self.project.services[&subject.key]) {
            let found = limit.found(&made);
            if found != limit.asked {
                self.remove(&made, &made.name).await?;
                return Err(EngineError::LimitNotApplied {
                    service: subject.key.clone(),
                    limit: limit.setting,
                    asked: limit.asked,
                    found,
                });
            }
        }
        Ok(())
    }

    async fn start(&self, subject: &Subject) -> Result<(), EngineError> {
        let name = &subject.name;
        let is_paused = |c: &Container| c.name == *name && c.state == "paused";
        let started = if self.observed.containers.iter().any(is_paused) {
            self.engine.docker.unpause_container(name).await
        } else {
            let options = None::<StartContainerOptions>;
            self.engine.docker.start_container(name, options).await
        };
        if let Err(error) = started {
            return Err(self.why_not_started(subject, error).await);
        }
        tell(self.watcher, subject, Step::Started);
        Ok(())
    }

    /// A port that is taken is the one common cause that can be named.
    async fn why_not_started(
        &self,
        subject: &Subject,
        source: bollard::errors::Error,
    ) -> EngineError {
        let message = source.to_string();
        let service = &self.project.services[&subject.key];
        let is_taken = message.contains("port is already allocated")
            || message.contains("address already in use")
            || message.contains("ports are not available");
        let named = |port: &u16| message.contains(&format!(":{port}"));
        let mut ports = service.ports.iter().filter_map(|port| port.published);
        match ports.find(named) {
            Some(port) if is_taken => EngineError::PortTaken {
                service: subject.key.clone(),
                port,
                holder: self.engine.port_holder(port).await.ok().flatten(),
            },
            _ => EngineError::Engine {
                action: format!("start {}", subject.name),
                source,
            },
        }
    }

    /// Stops a container within its grace period, for good: it must not come back with the
    /// engine while its successor has its ports and volumes.
    async fn stop(&self, container: &Container) -> Result<(), EngineError> {
        let docker = &self.engine.docker;
        let never = ContainerUpdateBody {
            restart_policy: Some(RestartPolicy {
                name: Some(RestartPolicyNameEnum::NO),
                maximum_retry_count: None,
            }),
            ..ContainerUpdateBody::default()
        };
        let name = &container.name;
        let updated = staying(docker.update_container(&container.id, never).await);
        updated.during(|| format!("keep {name} from restarting"))?;
        if ["created", "exited", "dead"].contains(&container.state.as_str()) {
            return Ok(());
        }
        let key = container.labels.get(super::labels::SERVICE);
        let subject = subject(Kind::Container, key.map_or("", |key| key), name);
        tell(self.watcher, &subject, Step::Stopping);
        self.engine.stop(&container.id, name).await
    }

    /// Renames a container, so that its name is free; returns its new name. The first run of a
    /// change that was interrupted may have done so already.
    async fn put_aside(&self, old: &Container) -> Result<String, EngineError> {
        let id: String = old.id.chars().take(12).collect();
        let aside = format!("{id}_{}", old.name);
        let options = RenameContainerOptionsBuilder::default()
            .name(&aside)
            .build();
        let renamed = self.engine.docker.rename_container(&old.id, options).await;
        staying(renamed).during(|| format!("rename {}", old.name))?;
        Ok(aside)
    }

    /// Removes a container that may have been renamed to `name`.
    async fn remove(&self, container: &Container, name: &str) -> Result<(), EngineError> {
        self.engine.remove(&container.id, name).await?;
        let key = container.labels.get(super::labels::SERVICE);
        let subject = subject(Kind::Container, key.map_or("", |key| key), name);
        tell(self.watcher, &subject, Step::Removed);
        Ok(())
    }
}

impl Engine {
    /// Stops a container within the grace period that it was made with.
    pub(super) async fn stop(&self, id: &str, name: &str) -> Result<(), EngineError> {
        let options = StopContainerOptionsBuilder::default().build();
        let stopped = staying(self.docker.stop_container(id, Some(options)).await);
        stopped.during(|| format!("stop {name}")).map(|_| ())
    }

    /// Removes a container with its nameless volumes, never with named ones.
    pub(super) async fn remove(&self, id: &str, name: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default().v(true).force(true);
        let removed = self.docker.remove_container(id, Some(options.build()));
        let removed = staying(removed.await);
        removed.during(|| format!("remove {name}")).map(|_| ())
    }

    /// The container that publishes `port` on the host, if one does.
    pub async fn port_holder(&self, port: u16) -> Result<Option<String>, EngineError> {
        let summaries = self.summaries().await?;
        let publishes = |summary: &&bollard::models::ContainerSummary| {
            let mut ports = summary.ports.iter().flatten();
            ports.any(|published| published.public_port == Some(port))
        };
        let holder = summaries.iter().find(publishes);
        Ok(holder.map(|summary| name_of(summary).to_owned()))
    }
}
