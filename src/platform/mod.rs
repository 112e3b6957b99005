//! What the commands need of a platform, whatever its profile: as data, with nothing printed and
//! no command-line type. The profile is chosen here, once.

mod choice;
pub mod containers;
pub mod embedded;
mod endpoints;
mod kubernetes;
mod logs;
mod parts;
mod recording;
mod remembered;
mod request;
mod stopping;

pub use choice::Interest;
pub use endpoints::{Credential, Endpoints};
pub use logs::{LogNext, LogWanted, TakeLog};
pub use parts::ManifestFile;
pub use recording::{RecordingState, take_turn};
pub use remembered::{Remembered, merged};
pub use request::{Replay, ReplayRequest, StartRequest, Started, Until, content_of, unplayable};
pub use stopping::Stopping;

use crate::config::{Profile, Settings};
use crate::error::{ExpectedError, Result};
use crate::plan::Plan;
use crate::records::{Take, Wanted};
use crate::stage::OnStage;
use crate::state::StateDir;
use containers::Containers;
use embedded::Embedded;
use kubernetes::Kubernetes;
use wikisentry_engine::status::Status;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::registry::Registry;
use wikisentry_learning::RetrainSettings;

/// A platform on a state folder.
pub enum Platform {
    /// One process of this program.
    Embedded(Box<Embedded>),
    /// Containers on a Docker engine.
    Containers(Box<Containers>),
    /// A cluster, a Kafka and an object store of others.
    Kubernetes(Box<Kubernetes>),
}

impl Platform {
    /// The same as far as a stage, if it has several.
    #[must_use]
    pub fn until(self, until: Option<Until>) -> Self {
        match self {
            Self::Containers(containers) => Self::Containers(Box::new((*containers).until(until))),
            whole => whole,
        }
    }

    /// What runs it, as the settings name it.
    pub fn profile(&self) -> &'static str {
        match self {
            Self::Embedded(_) => Profile::Embedded.name(),
            Self::Containers(_) => Profile::K3d.name(),
            Self::Kubernetes(_) => Profile::Kubernetes.name(),
        }
    }

    /// Starts it, or goes on with what an earlier start left. With [`StartRequest::foreground`] it
    /// returns when a signal has stopped the platform.
    ///
    /// # Errors
    /// If something is in the way, or the request is not for this profile.
    pub fn start(&self, request: &StartRequest, on_stage: OnStage<'_>) -> Result<Started> {
        match self {
            Self::Embedded(embedded) => embedded.start(request, on_stage),
            Self::Containers(containers) => containers.start(request, on_stage),
            Self::Kubernetes(kubernetes) => kubernetes.start(request, on_stage),
        }
    }

    /// Whether a start can take the place of a process of this program, as far as it can be known while
    /// that runs.
    ///
    /// # Errors
    /// What the start would be refused for.
    pub fn check_in_place_of(
        &self,
        running: &embedded::Instance,
        request: &StartRequest,
    ) -> Result<()> {
        match self {
            Self::Embedded(embedded) => embedded.check_in_place_of(running, request),
            Self::Containers(containers) => containers.plan().map(drop),
            Self::Kubernetes(kubernetes) => kubernetes.plan().map(drop),
        }
    }

    /// What a start would do; `None` if it only starts a process.
    pub fn plan(&self) -> Result<Option<Plan>> {
        match self {
            Self::Embedded(_) => Ok(None),
            Self::Containers(containers) => containers.plan().map(Some),
            Self::Kubernetes(kubernetes) => kubernetes.plan().map(Some),
        }
    }

    /// A look at its state, to be repeated at will. It fails with exit code 5 if a process runs but
    /// does not answer.
    pub fn watch(&self) -> Result<Box<dyn FnMut() -> Result<Status> + '_>> {
        Ok(match self {
            Self::Embedded(embedded) => {
                let mut last = None;
                Box::new(move || embedded.look(&mut last))
            }
            Self::Containers(containers) => {
                let mut watch = containers.parts.watch(Some(&containers.project))?;
                Box::new(move || Ok(watch.look()))
            }
            Self::Kubernetes(kubernetes) => {
                let mut watch = kubernetes.parts.watch(None)?;
                Box::new(move || Ok(watch.look()))
            }
        })
    }

    /// Hands on records of a topic, oldest first, until `take` says no. Answers `false` if what
    /// was followed has ended.
    ///
    /// # Errors
    /// With exit code 4 if nothing runs that could be followed, or nothing was ever kept; whatever
    /// `take` says.
    pub fn records(&self, wanted: &Wanted, take: Take<'_>) -> Result<bool> {
        match self {
            Self::Embedded(embedded) => embedded.records(wanted, take),
            Self::Containers(containers) => containers.parts.records(wanted, take),
            Self::Kubernetes(kubernetes) => kubernetes.parts.records(wanted, take),
        }
    }

    /// Hands on what it logs.
    ///
    /// # Errors
    /// With exit code 4 if there is no log, 2 if what is wanted is not there; whatever `take`
    /// says.
    pub fn logs(&self, wanted: &LogWanted, take: TakeLog<'_>) -> Result<()> {
        match self {
            Self::Embedded(embedded) => embedded.logs(wanted, take),
            Self::Containers(containers) => {
                let project = Some(&containers.project);
                containers.parts.logs(project, wanted, take)
            }
            Self::Kubernetes(kubernetes) => kubernetes.parts.logs(None, wanted, take),
        }
    }

    /// The registry that it scores from.
    ///
    /// # Errors
    /// With exit code 4 if it lies in a store that does not answer.
    pub fn models(&self) -> Result<Registry> {
        match self {
            Self::Embedded(embedded) => Ok(embedded.models()),
            Self::Containers(containers) => containers.parts.models(),
            Self::Kubernetes(kubernetes) => kubernetes.parts.models(),
        }
    }

    /// Makes the folder of the registry ours before it is changed, if it has one; with `create` also
    /// where there is none yet.
    pub fn claim_models(&self, create: bool) -> Result<()> {
        match self {
            Self::Embedded(embedded) if create || embedded.state.models().exists() => {
                embedded.state.claim()
            }
            Self::Embedded(_) | Self::Containers(_) | Self::Kubernetes(_) => Ok(()),
        }
    }

    /// Where its edits are archived.
    ///
    /// # Errors
    /// As [`Platform::models`].
    pub fn lake(&self) -> Result<Lake> {
        match self {
            Self::Embedded(embedded) => Ok(Lake::new(embedded.state.lake())),
            Self::Containers(containers) => containers.parts.lake(),
            Self::Kubernetes(kubernetes) => kubernetes.parts.lake(),
        }
    }

    /// What the settings make of the cluster, as files, component by component.
    ///
    /// # Errors
    /// If an image is named that is no reference, or something is not given that has no default.
    pub fn manifests(settings: Settings, state: &StateDir) -> Result<Vec<ManifestFile>> {
        match settings.profile {
            Profile::Kubernetes => Kubernetes::new(settings, state)?.parts.manifests(),
            _ => Containers::as_kept(settings, state)?.parts.manifests(),
        }
    }

    /// Whether it reads the feed itself, so that Wikimedia asks whom it may write to.
    pub fn reads_the_feed(&self) -> bool {
        !matches!(self, Self::Kubernetes(_))
    }

    /// Whether what others run for it is there and may be used, by the names of the things, with what
    /// was said; empty if all of it is ours.
    pub fn checks_of_others(&self) -> Result<Vec<(&'static str, Result<String>)>> {
        match self {
            Self::Embedded(_) | Self::Containers(_) => Ok(Vec::new()),
            Self::Kubernetes(kubernetes) => kubernetes.checks(),
        }
    }

    /// Every account of it, with its password: of `state`, if they were made there.
    ///
    /// # Errors
    /// With exit code 4 if there are none yet.
    pub fn credentials(&self, state: &StateDir) -> Result<Vec<Credential>> {
        match self {
            Self::Embedded(_) | Self::Containers(_) => Credential::all(state),
            Self::Kubernetes(kubernetes) => Ok(kubernetes.credentials()),
        }
    }

    /// What the settings make of a retraining.
    ///
    /// # Errors
    /// If this profile retrains no model yet.
    pub fn retraining(&self) -> Result<RetrainSettings> {
        match self {
            Self::Embedded(embedded) => Ok(embedded.retraining()),
            Self::Containers(_) | Self::Kubernetes(_) => {
                let profile = self.profile();
                ExpectedError::preflight(format!("the profile {profile} does not retrain yet"))
                    .because("a model from elsewhere can be added and promoted")
                    .help(
                        "`wikisentry models import FOLDER`, then `wikisentry models promote VERSION`",
                    )
                    .fail()
            }
        }
    }

    pub fn endpoints(&self) -> Result<Endpoints> {
        match self {
            Self::Embedded(embedded) => embedded.endpoints(),
            Self::Containers(containers) => containers.endpoints(),
            Self::Kubernetes(kubernetes) => kubernetes.endpoints(),
        }
    }

    pub fn settings(&self) -> &Settings {
        match self {
            Self::Embedded(embedded) => &embedded.settings,
            Self::Containers(containers) => &containers.parts.site.settings,
            Self::Kubernetes(kubernetes) => &kubernetes.parts.site.settings,
        }
    }
}
