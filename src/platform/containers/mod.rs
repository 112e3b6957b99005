//! The platform in containers on a Docker engine: what the settings make of it, from the components
//! that run there. It compares and changes nothing by itself; plans and stages do.

mod compose;
mod images;
mod look;
mod problems;
mod read_logs;
mod services;
mod start;
mod stop;
#[cfg(test)]
mod tests;
pub mod workspace;

use crate::advice;
use crate::components::{self, Secrets, Site};
use crate::config::Settings;
use crate::error::{Error, ExpectedError, Result};
use crate::plan::{Graph, Host, Plan, Stage, StageName};
use crate::records::{Take, Wanted};
use crate::runtime;
use crate::state::StateDir;
use wikisentry_driver::compose::{Project, Variables};
use wikisentry_driver::docker::Engine;
use wikisentry_driver::images::ImageSet;

const IMAGES: StageName = StageName::new("images", "images");
const CONTAINERS: StageName = StageName::new("data-layer", "data layer");
const PROVISIONING: StageName = StageName::new("provisioning", "topics, buckets, connector");

/// A platform of containers, as it should be.
pub struct Containers {
    pub project: Project,
    pub images: ImageSet,
    /// The variables that the project was read with; some are secret.
    variables: Variables,
    pub(super) site: Site,
    state: StateDir,
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
        let site = Site { settings, secrets };
        let variables = compose::variables(&site, &images);
        let mut project = Project::load(&compose::text(), &variables)
            .map_err(|error| Error::bug(format!("compose.yaml: {error}")))?;
        project.location = Some(workspace::location(state));
        Ok(Self {
            project,
            images,
            variables,
            site,
            state: state.clone(),
        })
    }

    pub(super) fn plan(&self) -> Result<Plan> {
        runtime::pooled()?.block_on(async {
            let engine = Engine::connect().await.map_err(advice::engine)?;
            let host = Host::of(&engine, &self.project.name).await?;
            Plan::make(&self.graph(&engine), &host).await
        })
    }

    pub(super) fn records(&self, wanted: &Wanted, take: Take<'_>) -> Result<bool> {
        let mut components = components::all().iter();
        let read = components.find_map(|component| component.records);
        let read = read.ok_or_else(|| Error::bug("no component keeps topics"))?;
        read(&self.site, wanted, take)
    }

    /// What is to be brought to its wanted state, stage by stage.
    fn graph<'a>(&'a self, engine: &'a Engine) -> Graph<'a> {
        let provisions = components::all().iter();
        let provisions = provisions.flat_map(|component| (component.provisions)(&self.site));
        Graph {
            stages: vec![
                Stage {
                    name: IMAGES,
                    items: vec![Box::new(images::Images {
                        engine,
                        set: &self.images,
                    })],
                },
                Stage {
                    name: CONTAINERS,
                    items: vec![Box::new(services::Services {
                        engine,
                        containers: self,
                    })],
                },
                Stage {
                    name: PROVISIONING,
                    items: provisions.collect(),
                },
            ],
        }
    }

    /// What holding it to the machine gives, for those who only look.
    pub async fn budget(&self, engine: &Engine) -> Result<crate::plan::Budget> {
        let graph = self.graph(engine);
        let changes = graph.plan_of_room().await?;
        let host = Host::of(engine, &self.project.name).await?;
        host.budget(&graph.demand(), &Default::default(), &changes)
            .await
    }
}

/// Scoring and retraining are embedded so far.
pub(super) fn no_models() -> Error {
    ExpectedError::preflight("the profile k3d has no models yet")
        .because("its data layer carries edits; scoring and retraining are embedded so far")
        .help("`wikisentry models list --set profile=embedded`")
        .into()
}
