//! Which platform was started on a state folder, and with which flags: so that every later command
//! acts on that one. It outlives `down`, since `up` goes on with it and `down --purge` needs it.

use crate::config::{Override, Profile};
use crate::error::Result;
use crate::platform::{StartRequest, Until};
use crate::state::{StateDir, read_note, write_json};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What the last `up` was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// Its profile, never `auto`.
    pub profile: Profile,
    /// Its flags and those of the `up`s before it; the later ones win.
    pub flags: Vec<Override>,
    /// The settings file that was named, absolute.
    pub config: Option<PathBuf>,
    pub until: Option<Until>,
    /// Something of it outside of this machine's processes was not ended by a `down`. A process
    /// has its lock to tell that it runs.
    pub is_up: bool,
}

impl Remembered {
    /// That of a start that goes on: later commands act on its platform, with its flags. Containers
    /// of `earlier` come back with their engine, if that was silent when this was started.
    pub fn of(request: &StartRequest, profile: Profile, earlier: Option<&Self>) -> Self {
        Self {
            profile,
            flags: request.flags.clone(),
            config: request.config.clone(),
            until: request.until,
            is_up: profile != Profile::Embedded || earlier.is_some_and(|earlier| earlier.is_up),
        }
    }

    /// What was remembered; `None` before the first `up`.
    ///
    /// # Errors
    /// If the file cannot be read, or is no such file.
    pub fn load(state: &StateDir) -> Result<Option<Self>> {
        read_note(
            &path(state),
            "the next `wikisentry up`, with its flags, writes it again",
        )
    }

    /// Remembers it from now on, for the owner alone: a flag may hold a secret.
    pub fn store(&self, state: &StateDir) -> Result<()> {
        write_json(&path(state), self)
    }

    /// Whether flags name another profile, so that nothing of this one is meant.
    pub fn is_overruled_by(&self, flags: &[Override]) -> bool {
        let named = flags.iter().rfind(|flag| flag.key == "profile");
        named.is_some_and(|flag| match flag.value.as_str() {
            // What it comes to.
            "auto" => self.profile != Profile::Embedded,
            name => name != self.profile.name(),
        })
    }
}

/// The flags of earlier calls under those of this one, each setting once.
pub fn merged(earlier: &[Override], now: &[Override]) -> Vec<Override> {
    let mut merged: Vec<Override> = Vec::new();
    for flag in earlier.iter().chain(now) {
        merged.retain(|other| other.key != flag.key);
        merged.push(flag.clone());
    }
    merged
}

/// Where it is kept: in `run/`, which is its owner's alone.
pub fn path(state: &StateDir) -> PathBuf {
    state.run().join("platform.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExitStatus;
    use crate::state::write_private;

    fn flag(key: &str, value: &str) -> Override {
        Override {
            key: key.to_owned(),
            value: value.to_owned(),
            flag: "--set".to_owned(),
        }
    }

    #[test]
    fn what_up_was_given_is_known_to_later_commands() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        assert_eq!(Remembered::load(&state).unwrap(), None);
        let remembered = Remembered {
            profile: Profile::K3d,
            flags: vec![flag("kafka.port", "19092")],
            config: None,
            until: Some(Until::DataLayer),
            is_up: true,
        };
        remembered.store(&state).unwrap();
        assert_eq!(Remembered::load(&state).unwrap(), Some(remembered.clone()));
        assert!(!remembered.is_overruled_by(&[flag("profile", "k3d")]));
        assert!(remembered.is_overruled_by(&[flag("profile", "embedded")]));
        assert!(remembered.is_overruled_by(&[flag("profile", "auto")]));
        assert!(!remembered.is_overruled_by(&[flag("size", "small")]));
    }

    #[test]
    fn containers_that_no_down_has_ended_are_not_forgotten() {
        let request = StartRequest {
            until: None,
            force: false,
            foreground: false,
            restart: false,
            rebuild: false,
            replay: None,
            timeout: std::time::Duration::ZERO,
            flags: Vec::new(),
            config: None,
        };
        let k3d = Remembered::of(&request, Profile::K3d, None);
        assert!(k3d.is_up);
        assert!(!Remembered::of(&request, Profile::Embedded, None).is_up);
        let beside = Remembered::of(&request, Profile::Embedded, Some(&k3d));
        assert!(beside.is_up && beside.profile == Profile::Embedded);
    }

    #[test]
    fn a_later_flag_takes_the_place_of_an_earlier_one() {
        let earlier = [flag("size", "small"), flag("api.listen", "127.0.0.1:1")];
        let now = [flag("size", "large")];
        assert_eq!(
            merged(&earlier, &now),
            [flag("api.listen", "127.0.0.1:1"), flag("size", "large")]
        );
    }

    #[test]
    fn a_damaged_file_is_refused_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        write_private(&path(&state), b"{").unwrap();
        let error = Remembered::load(&state).unwrap_err();
        assert_eq!(error.exit_status(), ExitStatus::Preflight);
    }
}
