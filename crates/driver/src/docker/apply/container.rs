//! The steps with one container: create, start, stop, put aside, remove.

use super::{Applying, POLL, SETTLING};
use crate::docker::difference::Refusal;
use crate::docker::engine::Engine;
use crate::docker::error::{During, EngineError, found, is_being_removed, status_of, staying};
use crate::docker::observed::{FoundContainer, container, owner};
use crate::docker::progress::{ProgressStep, tell};
use crate::docker::resource::{Resource, ResourceKind};
use crate::docker::{labels, request};
use bollard::models::{ContainerUpdateBody, RestartPolicy, RestartPolicyNameEnum};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder, RenameContainerOptionsBuilder,
    StartContainerOptions, StopContainerOptionsBuilder,
};
use std::time::Instant;

impl Applying<'_> {
    pub(super) async fn create(&self, resource: &Resource) -> Result<(), EngineError> {
        tell(self.watcher, resource, ProgressStep::Creating);
        let service = &self.project.services[&resource.key];
        let Some(image) = self.observed.images.get(&service.image) else {
            let image = format!("the image {}", service.image);
            return Err(EngineError::ImagesMissing(vec![image]));
        };
        let request = request::container(self.project, &resource.key, image, self.edition);
        let began = Instant::now();
        loop {
            let options = CreateContainerOptionsBuilder::default().name(&resource.name);
            let options = Some(options.build());
            let created = self
                .engine
                .docker
                .create_container(options, request.clone());
            let Err(error) = created.await else {
                break;
            };
            if status_of(&error) != Some(409) || began.elapsed() > SETTLING {
                return Err(error).during(|| format!("create {}", resource.name));
            }
            if self.was_made_meanwhile(resource).await? {
                break;
            }
            tokio::time::sleep(POLL).await;
        }
        tell(self.watcher, resource, ProgressStep::Created);
        self.check_limits(resource).await
    }

    /// Whether the container that is wanted has the name already: the engine completes the request
    /// of a process that was killed. While it creates that container, or removes the one before,
    /// the answer is no.
    async fn was_made_meanwhile(&self, resource: &Resource) -> Result<bool, EngineError> {
        let name = &resource.name;
        let made = found(self.engine.docker.inspect_container(name, None).await);
        let made = made.during(|| format!("look at {name}"))?.map(container);
        let Some(made) = made.filter(|made| made.state != "removing") else {
            return Ok(false);
        };
        if owner(&made.labels) == Some(self.project.name.as_str()) {
            let service = &self.project.services[&resource.key];
            let hash = service.config_hash(self.edition);
            return Ok(made.labels.get(labels::CONFIG_HASH) == Some(&hash));
        }
        Err(EngineError::Refused(vec![Refusal::Foreign {
            resource: resource.clone(),
            owner: owner(&made.labels).map(str::to_owned),
        }]))
    }

    /// An engine that cannot limit makes the container anyway, with a warning at most.
    async fn check_limits(&self, resource: &Resource) -> Result<(), EngineError> {
        let made = self
            .engine
            .docker
            .inspect_container(&resource.name, None)
            .await;
        let made = made.during(|| format!("look at {}", resource.name))?;
        let made = container(made);
        for limit in request::limits(&self.project.services[&resource.key]) {
            let found = limit.found(&made);
            if found != limit.asked {
                self.remove(&made, &made.name).await?;
                return Err(EngineError::LimitNotApplied {
                    service: resource.key.clone(),
                    limit: limit.setting,
                    asked: limit.asked,
                    found,
                });
            }
        }
        Ok(())
    }

    pub(super) async fn start(&self, resource: &Resource) -> Result<(), EngineError> {
        let name = &resource.name;
        let is_paused = |c: &FoundContainer| c.name == *name && c.state == "paused";
        let started = if self.observed.containers.iter().any(is_paused) {
            self.engine.docker.unpause_container(name).await
        } else {
            let options = None::<StartContainerOptions>;
            self.engine.docker.start_container(name, options).await
        };
        if let Err(error) = started {
            return Err(self.why_not_started(resource, error).await);
        }
        tell(self.watcher, resource, ProgressStep::Started);
        Ok(())
    }

    /// A port that is taken is the one common cause that can be named.
    async fn why_not_started(
        &self,
        resource: &Resource,
        source: bollard::errors::Error,
    ) -> EngineError {
        let message = source.to_string();
        let service = &self.project.services[&resource.key];
        let is_taken = message.contains("port is already allocated")
            || message.contains("address already in use")
            || message.contains("ports are not available");
        let named = |port: &u16| message.contains(&format!(":{port}"));
        let mut ports = service.ports.iter().filter_map(|port| port.published);
        match ports.find(named) {
            Some(port) if is_taken => EngineError::PortTaken {
                service: resource.key.clone(),
                port,
                holder: self.holder(port, resource).await,
            },
            _ => EngineError::Engine {
                action: format!("start {}", resource.name),
                source,
            },
        }
    }

    /// The other container that has a port, if it is one.
    async fn holder(&self, port: u16, resource: &Resource) -> Option<String> {
        let published = self.engine.published_ports().await.ok()?;
        let holder = published.get(&port).map(|holder| holder.container.clone());
        holder.filter(|container| *container != resource.name)
    }

    /// Stops a container within its grace period, for good: it must not come back with the
    /// engine while its successor has its ports and volumes.
    pub(super) async fn stop(&self, container: &FoundContainer) -> Result<(), EngineError> {
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
        let key = container.labels.get(labels::SERVICE);
        let resource = Resource::new(ResourceKind::Container, key.map_or("", |key| key), name);
        tell(self.watcher, &resource, ProgressStep::Stopping);
        self.engine.stop(&container.id, name).await
    }

    /// Renames a container, so that its name is free; returns its new name. The first run of a
    /// change that was interrupted may have done so already.
    pub(super) async fn put_aside(&self, old: &FoundContainer) -> Result<String, EngineError> {
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
    pub(super) async fn remove(
        &self,
        container: &FoundContainer,
        name: &str,
    ) -> Result<(), EngineError> {
        self.engine.remove(&container.id, name).await?;
        let key = container.labels.get(labels::SERVICE);
        let resource = Resource::new(ResourceKind::Container, key.map_or("", |key| key), name);
        tell(self.watcher, &resource, ProgressStep::Removed);
        Ok(())
    }
}

impl Engine {
    /// Stops a container within the grace period that it was made with.
    pub(in crate::docker) async fn stop(&self, id: &str, name: &str) -> Result<(), EngineError> {
        let options = StopContainerOptionsBuilder::default().build();
        let stopped = staying(self.docker.stop_container(id, Some(options)).await);
        stopped.during(|| format!("stop {name}")).map(|_| ())
    }

    /// Removes a container with its anonymous volumes, never with named ones. When it returns the
    /// container is gone, also if a call that was killed had begun to remove it.
    pub(in crate::docker) async fn remove(&self, id: &str, name: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default().v(true).force(true);
        let options = options.build();
        let began = Instant::now();
        loop {
            let removed = self.docker.remove_container(id, Some(options.clone()));
            match found(removed.await) {
                Err(error) if is_being_removed(&error) && began.elapsed() < SETTLING => {
                    tokio::time::sleep(POLL).await;
                }
                removed => return removed.during(|| format!("remove {name}")).map(|_| ()),
            }
        }
    }
}
