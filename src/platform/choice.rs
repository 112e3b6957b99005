//! Which platform is meant: the one place that decides.

use super::containers::Containers;
use super::embedded::{Embedded, Instance};
use super::kubernetes::Kubernetes;
use super::{Platform, Remembered, Until};
use crate::config::{Profile, Settings};
use crate::error::{ExpectedError, Result};
use crate::state::StateDir;

/// Whether containers are of interest to a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// It runs in them.
    Needed,
    /// It was left open what it runs in.
    Possible,
    /// It runs in none.
    None,
}

const CONTAINERS_UP: &str = "the platform of the profile k3d is up";
const CLUSTER_UP: &str = "the platform of the profile kubernetes is up";

impl Platform {
    /// Whether it runs in containers, or might.
    pub fn interest_in_containers(&self) -> Interest {
        match self {
            Self::Containers(_) => Interest::Needed,
            Self::Embedded(embedded) if embedded.settings.profile == Profile::Auto => {
                Interest::Possible
            }
            Self::Embedded(_) | Self::Kubernetes(_) => Interest::None,
        }
    }

    /// The platform that a command is about: what runs, else what was started last, else what the
    /// settings name. `is_named` says that a flag of this call names the profile, which then
    /// counts.
    pub fn in_use(
        settings: Settings,
        state: &StateDir,
        remembered: Option<&Remembered>,
        is_named: bool,
    ) -> Result<Self> {
        let is_up = remembered.is_some_and(|remembered| remembered.is_up);
        let profile = match remembered {
            // A process that runs is asked whatever the settings say.
            _ if !is_up && Instance::is_running(state)? => Profile::Embedded,
            Some(remembered) if !is_named => remembered.profile,
            _ => settings.profile,
        };
        let until = remembered.and_then(|remembered| remembered.until);
        Self::of_profile(profile, settings, state, until)
    }

    /// The platform that `up` would start: the one that the settings name, else that of `last`, the
    /// last `up`; none if flags of this call name another profile.
    pub fn planned(
        settings: Settings,
        state: &StateDir,
        last: Option<&Remembered>,
    ) -> Result<Self> {
        let profile = match (settings.profile, last) {
            (Profile::Auto, Some(last)) if last.profile != Profile::Embedded => last.profile,
            (named, _) => named,
        };
        let until = last.and_then(|last| last.until);
        Self::of_profile(profile, settings, state, until)
    }

    /// The same, to be started. Also says in a sentence what `auto` has come to.
    ///
    /// # Errors
    /// As [`Platform::planned`], or if the platform of another profile is up on this state, as
    /// `remembered` and the processes tell.
    pub fn to_start(
        settings: Settings,
        state: &StateDir,
        last: Option<&Remembered>,
        remembered: Option<&Remembered>,
    ) -> Result<(Self, Option<&'static str>)> {
        let platform = Self::planned(settings, state, last)?;
        let is_left_open = platform.interest_in_containers() == Interest::Possible;
        let why = is_left_open.then_some("profile embedded: everything in one process");
        let process = || -> Result<Option<String>> {
            Ok(Instance::find(state)?.map(|instance| {
                let pid = instance.pid;
                format!("the embedded platform is running, as process {pid}")
            }))
        };
        let outside = || outside(platform.settings(), state, remembered);
        let other = match &platform {
            Self::Embedded(_) => outside()?.map(str::to_owned),
            Self::Containers(_) if is_in_cluster(remembered) => Some(CLUSTER_UP.to_owned()),
            Self::Kubernetes(_) if !is_in_cluster(remembered) => match outside()? {
                Some(containers) => Some(containers.to_owned()),
                None => process()?,
            },
            Self::Containers(_) | Self::Kubernetes(_) => process()?,
        };
        match other {
            Some(what) => ExpectedError::refused(what)
                .because(format!(
                    "both profiles on {} would mix their records",
                    state.root().display()
                ))
                .help("stop it first: `wikisentry down`; or set WIKISENTRY_HOME to another folder")
                .fail(),
            None => Ok((platform, why)),
        }
    }

    /// Refuses if the live feed's platform is up outside of this machine's processes: only one platform
    /// runs at a time.
    ///
    /// # Errors
    /// With exit code 7 if they are.
    pub fn no_containers(settings: &Settings, home: &StateDir) -> Result<()> {
        let remembered = Remembered::load(home)?;
        let Some(outside) = outside(settings, home, remembered.as_ref())? else {
            return Ok(());
        };
        ExpectedError::refused(outside)
            .because("a recording runs alone, on a state of its own")
            .help("stop it first: `wikisentry down`")
            .fail()
    }

    /// The platform of a profile, as far as a stage.
    pub fn of_profile(
        profile: Profile,
        settings: Settings,
        state: &StateDir,
        until: Option<Until>,
    ) -> Result<Self> {
        match profile {
            Profile::Auto | Profile::Embedded => {
                Ok(Self::Embedded(Box::new(Embedded::new(settings, state))))
            }
            Profile::K3d => {
                let containers = Containers::as_kept(settings, state)?.until(until);
                Ok(Self::Containers(Box::new(containers)))
            }
            Profile::Kubernetes => {
                let kubernetes = Kubernetes::new(settings, state)?;
                Ok(Self::Kubernetes(Box::new(kubernetes)))
            }
        }
    }
}

/// What of a state is up outside of this machine's processes. Without an engine no container of it runs,
/// and no `down` could end it; of a cluster of others the last `down` tells.
fn outside(
    settings: &Settings,
    state: &StateDir,
    remembered: Option<&Remembered>,
) -> Result<Option<&'static str>> {
    if is_in_cluster(remembered) {
        return Ok(Some(CLUSTER_UP));
    }
    if !remembered.is_some_and(|remembered| remembered.is_up) {
        return Ok(None);
    }
    let are_up = Containers::as_started(settings.clone(), state)?.is_running()?;
    Ok(are_up.then_some(CONTAINERS_UP))
}

fn is_in_cluster(remembered: Option<&Remembered>) -> bool {
    let up = remembered.filter(|remembered| remembered.is_up);
    up.is_some_and(|remembered| remembered.profile == Profile::Kubernetes)
}
