//! The platform in containers on a Docker engine: what the settings make of it, from the components
//! that run there. It compares and changes nothing by itself; plans and stages do.

mod cluster;
mod compose;
mod images;
mod services;
mod start;
mod stop;
#[cfg(test)]
mod tests;
pub mod workspace;

use super::parts::{Parts, runs, within};
use crate::advice;
use crate::components::{self, Component, Secrets, Site};
use crate::config::Settings;
use crate::error::{Error, ExpectedError, Result};
use crate::plan::{Graph, Host, Plan, Stage, StageName};
use crate::platform::Until;
use crate::runtime;
use crate::state::StateDir;
use wikisentry_driver::compose::{Project, Variables};
use wikisentry_driver::docker::Engine;
use wikisentry_driver::images::ImageSet;

const IMAGES: StageName = StageName::new("images", "images");
const DATA_LAYER: StageName = StageName::new("data-layer", "data layer");

/// A platform of containers, as it should be.
pub struct Containers {
    pub project: Project,
    pub(super) parts: Parts,
    /// The variables that the project was read with; some are secret.
    variables: Variables,
    /// The last stage; none for all of them.
    until: Option<Until>,
}

impl Containers {
    /// What the settings ask for, with the passwords that are kept. Before the first `up` there
    /// are none; what is asked then needs none that lasts.
    pub fn as_kept(settings: Settings, state: &StateDir) -> Result<Self> {
        let secrets = Secrets::load(state)?.unwrap_or_else(Secrets::generate);
        Self::new(settings, state, secrets)
    }

    /// The same under the project that was started on the state: that counts, whatever the settings
    /// have become since.
    pub fn as_started(mut settings: Settings, state: &StateDir) -> Result<Self> {
        if let Some(project) = workspace::started_project(state) {
            settings.docker.project = project;
        }
        Self::as_kept(settings, state)
    }

    /// What the settings ask for.
    ///
    /// # Errors
    /// If an image is named that is no reference.
    pub fn new(settings: Settings, state: &StateDir, secrets: Secrets) -> Result<Self> {
        let images = ImageSet::resolve(&components::images(), &settings.image_replacements())
            .map_err(|error| ExpectedError::usage("images").caused_by(&error))?;
        let site = Site {
            settings,
            secrets,
            foreign: None,
        };
        let variables = compose::variables(&site, &images);
        let mut project = Project::load(&compose::text(), &variables)
            .map_err(|error| Error::bug(format!("compose.yaml: {error}")))?;
        project.location = Some(workspace::location(state));
        Ok(Self {
            project,
            parts: Parts::new(site, images, state, of_stage(None)),
            variables,
            until: None,
        })
    }

    /// The same as far as a stage.
    #[must_use]
    pub fn until(mut self, until: Option<Until>) -> Self {
        self.parts.components = of_stage(until);
        Self { until, ..self }
    }

    /// Whether any container runs, by what the engine says at this moment; one that is silent runs
    /// none that could be reached.
    ///
    /// # Errors
    /// If it is not known which engine is meant: containers may run on the one that was.
    pub(super) fn is_running(&self) -> Result<bool> {
        Engine::check_choice().map_err(advice::engine)?;
        let found = runtime::single()?.block_on(within("docker", async {
            let engine = Engine::connect().await.map_err(advice::engine)?;
            engine.status(&self.project).await.map_err(advice::engine)
        }));
        Ok(found.is_ok_and(|all| all.iter().any(|container| runs(&container.state))))
    }

    pub(super) fn plan(&self) -> Result<Plan> {
        runtime::pooled()?.block_on(async {
            let engine = Engine::connect().await.map_err(advice::engine)?;
            let host = Host::of(&engine, &self.project.name).await?;
            Plan::make(&self.graph(&engine, false), &host).await
        })
    }

    /// What is to be brought to its wanted state, stage by stage. `replace` lets a cluster that was
    /// made with other settings be made again.
    fn graph<'a>(&'a self, engine: &'a Engine, replace: bool) -> Graph<'a> {
        let containers = self;
        let mut graph = Graph {
            stages: vec![
                Stage {
                    name: IMAGES,
                    items: vec![Box::new(images::Images { engine, containers })],
                },
                Stage {
                    name: DATA_LAYER,
                    items: vec![Box::new(services::Services { engine, containers })],
                },
                self.parts.provisioning(),
            ],
        };
        if self.parts.has_cluster() {
            graph.stages.extend(self.cluster_stages(engine, replace));
        }
        graph
    }

    /// The cluster and everything in it.
    fn cluster_stages<'a>(&'a self, engine: &'a Engine, replace: bool) -> Vec<Stage<'a>> {
        let containers = self;
        let node = cluster::ClusterNode {
            engine,
            containers,
            replace,
        };
        let images = cluster::NodeImages { engine, containers };
        let mut stages = vec![
            Stage {
                name: cluster::CLUSTER,
                items: vec![Box::new(node)],
            },
            Stage {
                name: cluster::NODE_IMAGES,
                items: vec![Box::new(images)],
            },
        ];
        stages.extend(self.parts.pods_stages());
        stages
    }

    /// What holding it to the machine gives, for those who only look.
    pub async fn budget(&self, engine: &Engine) -> Result<crate::plan::Budget> {
        let graph = self.graph(engine, false);
        let changes = graph.plan_of_room().await?;
        let host = Host::of(engine, &self.project.name).await?;
        host.budget(&graph.demand(), &Default::default(), &changes)
            .await
    }
}

/// The components that are part of it, as far as a stage.
fn of_stage(until: Option<Until>) -> Vec<&'static Component> {
    let has_cluster = until != Some(Until::DataLayer);
    let all = components::all().iter().copied();
    all.filter(|one| has_cluster || one.is_container())
        .collect()
}
