//! The steps with one container: create, start, stop, put aside, remove.

use super::{Applying, POLL, SETTLING};
use crate::compose::Restart;
use crate::docker::compare::{Planned, foreign};
use crate::docker::engine::Engine;
use crate::docker::error::{During, EngineError, found, is_being_removed, status_of, staying};
use crate::docker::observed::{FoundContainer, container, is_of};
use crate::docker::progress::{ProgressStep, tell};
use crate::docker::{CONTAINER, labels, request};
use bollard::models::ContainerUpdateBody;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder, RenameContainerOptionsBuilder,
    StartContainerOptions, StopContainerOptionsBuilder,
};
use std::time::Instant;

impl Applying<'_> {
    pub(super) async fn create(&self, planned: &Planned) -> Result<(), EngineError> {
        self.tell(planned, ProgressStep::Creating);
        let name = &planned.change.name;
        let service = &self.project.services[&planned.key];
        let Some(image) = self.observed.images.get(&service.image) else {
            let image = format!("the image {}", service.image);
            return Err(EngineError::ImagesMissing(vec![image]));
        };
        let request = request::container(self.project, &planned.key, image, self.edition);
        let began = Instant::now();
        loop {
            let options = CreateContainerOptionsBuilder::default().name(name).build();
            let docker = &self.engine.docker;
            let created = docker.create_container(Some(options), request.clone());
            let Err(error) = created.await else {
                break;
            };
            if status_of(&error) != Some(409) || began.elapsed() > SETTLING {
                return Err(error).during(|| format!("create {name}"));
            }
            if self.was_made_meanwhile(planned).await? {
                break;
            }
            tokio::time::sleep(POLL).await;
        }
        self.tell(planned, ProgressStep::Created);
        self.check_limits(planned).await
    }

    /// Whether the container that is wanted has the name already: the engine completes the request
    /// of a process that was killed. While it creates that container, or removes the one before,
    /// the answer is no.
    async fn was_made_meanwhile(&self, planned: &Planned) -> Result<bool, EngineError> {
        let name = &planned.change.name;
        let made = self.engine.look_at(name).await?.map(container);
        let Some(made) = made.filter(|made| made.state != "removing") else {
            return Ok(false);
        };
        if is_of(self.project, &made.labels) {
            let service = &self.project.services[&planned.key];
            let hash = service.config_hash(self.edition);
            return Ok(made.labels.get(labels::CONFIG_HASH) == Some(&hash));
        }
        let refusal = foreign(CONTAINER, name, &made.labels);
        Err(EngineError::Refused(vec![refusal]))
    }

    /// An engine that cannot limit makes the container anyway, with a warning at most.
    async fn check_limits(&self, planned: &Planned) -> Result<(), EngineError> {
        let name = &planned.change.name;
        let made = self.engine.docker.inspect_container(name, None).await;
        let made = container(made.during(|| format!("look at {name}"))?);
        let unmet = request::unmet_limits(&self.project.services[&planned.key], &made);
        let Some(limit) = unmet.into_iter().next() else {
            return Ok(());
        };
        self.remove(&made, &made.name).await?;
        Err(EngineError::LimitNotApplied {
            service: planned.key.clone(),
            limit: limit.setting,
            asked: limit.asked,
            found: limit.found,
        })
    }

    pub(super) async fn start(&self, planned: &Planned) -> Result<(), EngineError> {
        let name = &planned.change.name;
        let is_paused = |c: &FoundContainer| c.name == *name && c.state == "paused";
        let started = if self.observed.containers.iter().any(is_paused) {
            self.engine.docker.unpause_container(name).await
        } else {
            let options = None::<StartContainerOptions>;
            self.engine.docker.start_container(name, options).await
        };
        if let Err(error) = started {
            return Err(self.why_not_started(planned, error).await);
        }
        self.tell(planned, ProgressStep::Started);
        Ok(())
    }

    /// A port that is taken is the one common cause that can be named.
    async fn why_not_started(
        &self,
        planned: &Planned,
        source: bollard::errors::Error,
    ) -> EngineError {
        let message = source.to_string();
        let service = &self.project.services[&planned.key];
        let is_taken = message.contains("port is already allocated")
            || message.contains("address already in use")
            || message.contains("ports are not available");
        let named = |port: &u16| message.contains(&format!(":{port}"));
        let mut ports = service.ports.iter().filter_map(|port| port.published);
        match ports.find(named) {
            Some(port) if is_taken => EngineError::PortTaken {
                service: planned.key.clone(),
                port,
                holder: self.holder(port, &planned.change.name).await,
            },
            _ => EngineError::Engine {
                action: format!("start {}", planned.change.name),
                source,
            },
        }
    }

    /// The container other than `ours` that has a port, if it is one.
    async fn holder(&self, port: u16, ours: &str) -> Option<String> {
        let published = self.engine.published_ports().await.ok()?;
        let holder = published.get(&port).map(|holder| holder.container.clone());
        holder.filter(|container| container != ours)
    }

    /// Stops a container within its grace period, for good: it must not come back with the
    /// engine while its successor has its ports and volumes.
    pub(super) async fn stop(&self, container: &FoundContainer) -> Result<(), EngineError> {
        let docker = &self.engine.docker;
        let never = ContainerUpdateBody {
            restart_policy: Some(request::restart(Restart::No)),
            ..ContainerUpdateBody::default()
        };
        let name = &container.name;
        let updated = staying(docker.update_container(&container.id, never).await);
        updated.during(|| format!("keep {name} from restarting"))?;
        if ["created", "exited", "dead"].contains(&container.state.as_str()) {
            return Ok(());
        }
        tell(self.watcher, CONTAINER, name, ProgressStep::Stopping);
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
        tell(self.watcher, CONTAINER, name, ProgressStep::Removed);
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
