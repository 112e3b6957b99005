//! Stops whatever runs on a state folder, and removes what it kept if asked to.

use super::Remembered;
use super::containers::Containers;
use super::embedded::{self, Instance};
use super::kubernetes::Kubernetes;
use super::take_turn;
use crate::config::{Profile, Settings};
use crate::error::{ExpectedError, Result};
use crate::stage::{OnStage, lock_containers};
use crate::state::StateDir;
use std::thread::sleep;
use std::time::{Duration, Instant};
use wikisentry_learning::{LearningError, RetrainLock};

/// How long a purge waits for a retraining that ends with the platform.
const ENDING: Duration = Duration::from_secs(5);

/// What there is to stop.
pub struct Stopping<'a> {
    state: &'a StateDir,
    process: Option<Instance>,
    outside: Option<Outside>,
    remembered: Option<Remembered>,
}

/// What runs outside of this machine's processes.
enum Outside {
    Containers(Box<Containers>),
    Kubernetes(Box<Kubernetes>),
}

impl<'a> Stopping<'a> {
    /// Finds what runs, and with `purge` what an earlier `down` left. A process is stopped
    /// whatever the settings say.
    ///
    /// # Errors
    /// If containers cannot be found without settings that are wrong, a process runs that cannot be
    /// reached yet, or a folder is to be purged that is not known to be ours.
    pub fn find(
        settings: Result<Settings>,
        state: &'a StateDir,
        remembered: Result<Option<&Remembered>>,
        purge: bool,
    ) -> Result<Self> {
        let is_running = Instance::is_running(state)?;
        let process = Instance::find(state)?;
        if is_running && process.is_none() {
            return Err(not_yet_there(state).into());
        }
        if purge {
            match is_running {
                // An earlier version may have started it.
                true => state.create_run()?,
                false => state.check_removable()?,
            }
        }
        let remembered = match remembered {
            // A process is stopped whatever has become of the file.
            Err(_) if is_running => None,
            remembered => remembered?.cloned(),
        };
        let outside = Outside::find(settings, state, remembered.as_ref(), purge)?;
        Ok(Self {
            state,
            process,
            outside,
            remembered,
        })
    }

    /// What a purge would remove, to end a question.
    pub fn what_is_kept(&self) -> String {
        let folder = self.state.root().display();
        let volumes = match &self.outside {
            Some(Outside::Containers(containers)) => format!(
                ", and the volumes of the Docker project {} with all records and objects",
                containers.project.name
            ),
            Some(Outside::Kubernetes(_)) => {
                " (topics, bucket and namespace of the cluster stay)".to_owned()
            }
            None => String::new(),
        };
        let recordings = std::fs::read_dir(self.state.recordings());
        let recordings = match recordings.into_iter().flatten().count() {
            0 => String::new(),
            1 => ", also those of a recording".to_owned(),
            count => format!(", also those of {count} recordings"),
        };
        format!("the log, the lake and the models in {folder}{recordings}{volumes}")
    }

    /// Stops it, and says in sentences what was stopped; with `purge` removes what it kept.
    ///
    /// # Errors
    /// With exit code 6 if something does not end; 7 if a retraining goes on in what is to be removed:
    /// the process is stopped then, and nothing removed. What is still up stays remembered.
    pub fn run(self, purge: bool, on_stage: OnStage<'_>) -> Result<Vec<String>> {
        let mut notes = Vec::new();
        if let Some(instance) = &self.process {
            let began = Instant::now();
            embedded::stop(instance, self.state)?;
            let seconds = began.elapsed().as_secs_f64();
            let kept = if purge { "" } else { "; nothing is lost" };
            notes.push(format!("stopped after {seconds:.1} s{kept}"));
        }
        // Before anything is removed, also of containers.
        let _locks = purge
            .then(|| keep_from_retraining(self.state))
            .transpose()?;
        match &self.outside {
            Some(outside) => {
                // Where no `up` has been, there is nobody to keep out.
                let kept = self.state.data_layer().exists();
                let _lock = kept.then(|| lock_containers(self.state)).transpose()?;
                notes.push(match outside {
                    Outside::Containers(containers) => containers.stop(purge, on_stage)?,
                    Outside::Kubernetes(kubernetes) => kubernetes.stop(on_stage)?,
                });
                if let Some(mut remembered) = self.remembered {
                    remembered.is_up = false;
                    remembered.store(self.state)?;
                }
            }
            None if self.process.is_none() => notes.push("not running; nothing to stop".to_owned()),
            None => {}
        }
        if purge {
            // Nothing starts meanwhile.
            let _turn = take_turn(&self.state.home())?;
            let kept = self.state.root().exists();
            let left = self.state.remove()?;
            let folder = self.state.root().display();
            notes.push(match kept {
                true => format!("removed what was kept in {folder}"),
                false => format!("nothing was kept in {folder}"),
            });
            let left = left.iter().map(|left| left.display());
            notes.extend(left.map(|left| format!("what a link there points to is left: {left}")));
        }
        Ok(notes)
    }
}

impl Outside {
    /// What an `up` has started there, or the settings name; with `purge` also what an earlier `down`
    /// left. None if nothing of the kind is known.
    ///
    /// # Errors
    /// If it cannot be found without settings that are wrong.
    fn find(
        settings: Result<Settings>,
        state: &StateDir,
        last: Option<&Remembered>,
        purge: bool,
    ) -> Result<Option<Self>> {
        let is_up = last.is_some_and(|last| last.is_up);
        let was_last = |profile| last.is_some_and(|last| last.profile == profile);
        let is_of_others = was_last(Profile::Kubernetes);
        let are_left = purge && !is_of_others && state.data_layer().exists();
        let is_known = is_up || are_left || is_of_others || was_last(Profile::K3d);
        let settings = match settings {
            Ok(settings) => settings,
            Err(error) if is_known => return Err(error),
            Err(_) => return Ok(None),
        };
        let is_named = |profile| settings.profile == profile;
        if is_of_others || (!is_known && is_named(Profile::Kubernetes)) {
            let kubernetes = Kubernetes::new(settings, state)?;
            return Ok(Some(Self::Kubernetes(Box::new(kubernetes))));
        }
        if !is_known && !is_named(Profile::K3d) {
            return Ok(None);
        }
        let until = last.and_then(|last| last.until);
        let containers = Containers::as_started(settings, state)?.until(until);
        Ok(Some(Self::Containers(Box::new(containers))))
    }
}

/// Takes the right to retrain from the state and the recordings below it, for as long as the answer is
/// kept: what is at work on them would leave files behind a purge.
fn keep_from_retraining(state: &StateDir) -> Result<Vec<RetrainLock>> {
    state.check_removable()?;
    let recordings = std::fs::read_dir(state.recordings()).into_iter().flatten();
    let recordings = recordings.flatten().filter(|entry| {
        // A link goes, and what is behind it stays.
        entry.file_type().is_ok_and(|kind| kind.is_dir())
    });
    let recordings = recordings.map(|entry| StateDir::at(&entry.path()));
    let models = [state.clone()].into_iter().chain(recordings);
    let models = models.map(|state| state.models());
    let began = Instant::now();
    let mut locks = Vec::new();
    for models in models.filter(|models| models.is_dir()) {
        loop {
            match RetrainLock::take(&models) {
                Ok(lock) => locks.push(lock),
                Err(LearningError::Busy { .. }) if began.elapsed() < ENDING => {
                    sleep(Duration::from_millis(50));
                    continue;
                }
                Err(error @ LearningError::Busy { .. }) => {
                    return ExpectedError::refused("a retraining goes on; nothing was removed")
                        .caused_by(&error)
                        .help("wait until it ends, or end it, then purge again")
                        .fail();
                }
                // What cannot be locked may still be removed, or the removal says why not.
                Err(_) => {}
            }
            break;
        }
    }
    Ok(locks)
}

/// A process has the state folder and has not said where it is to be reached.
fn not_yet_there(state: &StateDir) -> ExpectedError {
    ExpectedError::refused("the platform is starting or ending, and cannot be asked to stop")
        .because(format!(
            "a process holds {}",
            state.run().join("lock").display()
        ))
        .help("run it again in a few seconds; `wikisentry logs` shows what the process does")
}
