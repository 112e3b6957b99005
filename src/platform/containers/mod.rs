//! The platform in containers on a Docker engine: what the settings make of it, from the components
//! that run there. It compares and changes nothing by itself; plans and stages do.

mod cluster;
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
use crate::components::{self, Component, Place, Secrets, Site};
use crate::config::Settings;
use crate::error::{Error, ExpectedError, Result};
use crate::manifests;
use crate::plan::{Graph, Host, Plan, Stage, StageName};
use crate::platform::Until;
use crate::records::{Take, Wanted};
use crate::runtime;
use crate::state::StateDir;
use object_store::ObjectStore;
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;
use wikisentry_driver::compose::{Project, Variables};
use wikisentry_driver::docker::Engine;
use wikisentry_driver::images::ImageSet;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::registry::Registry;

const IMAGES: StageName = StageName::new("images", "images");
const DATA_LAYER: StageName = StageName::new("data-layer", "data layer");
const PROVISIONING: StageName = StageName::new("provisioning", "topics, buckets, connector");

/// A file of a component, as `kubectl apply -f` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFile {
    pub component: &'static str,
    pub name: &'static str,
    pub text: String,
}

/// A platform of containers, as it should be.
pub struct Containers {
    pub project: Project,
    pub images: ImageSet,
    /// The variables that the project was read with; some are secret.
    variables: Variables,
    pub(super) site: Site,
    state: StateDir,
    /// The last stage; none for all of them.
    until: Option<Until>,
    /// Drives the requests of what is made of the object store.
    requests: OnceLock<Runtime>,
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
            until: None,
            requests: OnceLock::new(),
        })
    }

    /// The same as far as a stage.
    #[must_use]
    pub fn until(self, until: Option<Until>) -> Self {
        Self { until, ..self }
    }

    /// Whether a cluster is part of it.
    fn has_cluster(&self) -> bool {
        self.until != Some(Until::DataLayer)
    }

    /// The components that are part of it.
    pub(super) fn components(&self) -> impl Iterator<Item = &'static Component> + Clone {
        let has_cluster = self.has_cluster();
        let all = components::all().iter().copied();
        all.filter(move |one| has_cluster || one.is_container())
    }

    /// What its components have in the cluster, as files.
    pub(super) fn manifests(&self) -> Result<Vec<ManifestFile>> {
        let mut files = Vec::new();
        for component in components::in_cluster() {
            let rendered = manifests::files(component, &self.site, &self.images)?;
            let names = component.templates.iter().map(|(name, _)| *name);
            for file in rendered {
                let mut names = names.clone();
                let name = names.find(|name| *name == file.template);
                files.push(ManifestFile {
                    component: component.name,
                    name: name.expect("it was made of a template"),
                    text: file.text,
                });
            }
        }
        Ok(files)
    }

    pub(super) fn plan(&self) -> Result<Plan> {
        runtime::pooled()?.block_on(async {
            let engine = Engine::connect().await.map_err(advice::engine)?;
            let host = Host::of(&engine, &self.project.name).await?;
            Plan::make(&self.graph(&engine, false), &host).await
        })
    }

    /// The registry in the object store.
    ///
    /// # Errors
    /// With exit code 4 if the store does not answer.
    pub(super) fn models(&self) -> Result<Registry> {
        let name = &self.site.settings.model.name;
        self.on_objects(|objects| Registry::on_store(objects, "models", name))
    }

    /// The lake in the object store.
    ///
    /// # Errors
    /// As [`Containers::models`].
    pub(super) fn lake(&self) -> Result<Lake> {
        self.on_objects(|objects| Lake::on_store(objects, ""))
    }

    /// What is made of the objects, which are asked for on the runtime of this platform.
    fn on_objects<T>(&self, made: impl FnOnce(Arc<dyn ObjectStore>) -> T) -> Result<T> {
        if self.requests.get().is_none() {
            // Two that start one at the same time keep the first.
            let _ = self.requests.set(runtime::pooled()?);
        }
        let requests = self.requests.get().expect("it was set");
        let mut components = components::in_containers();
        let ask = components.find_map(|component| component.objects);
        let ask = ask.ok_or_else(|| Error::bug("no component keeps objects"))?;
        let objects = requests.block_on(ask(&self.site))?;
        let _entered = requests.enter();
        Ok(made(objects))
    }

    pub(super) fn records(&self, wanted: &Wanted, take: Take<'_>) -> Result<bool> {
        let mut components = components::all().iter();
        let read = components.find_map(|component| component.records);
        let read = read.ok_or_else(|| Error::bug("no component keeps topics"))?;
        read(&self.site, wanted, take)
    }

    /// What is to be brought to its wanted state, stage by stage. `replace` lets a cluster that was
    /// made with other settings be made again.
    fn graph<'a>(&'a self, engine: &'a Engine, replace: bool) -> Graph<'a> {
        let provisions = components::in_containers();
        let provisions = provisions.flat_map(|component| (component.provisions)(&self.site));
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
                Stage {
                    name: PROVISIONING,
                    items: provisions.collect(),
                },
            ],
        };
        if self.has_cluster() {
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
        stages.extend(components::in_cluster().map(|component| Stage {
            name: match component.place {
                Place::Cluster => cluster::NAMESPACE,
                _ => StageName::new(component.name, component.name),
            },
            items: vec![Box::new(cluster::Pods {
                containers,
                component,
                folder: self.state.data_layer(),
            })],
        }));
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

/// Retraining is embedded so far.
pub(super) fn no_retraining() -> Error {
    ExpectedError::preflight("the profile k3d does not retrain yet")
        .because("a model from elsewhere can be added and promoted")
        .help("`wikisentry models import FOLDER`, then `wikisentry models promote VERSION`")
        .into()
}
