//! The folder in the state with `compose.yaml` and its `.env`, so that `docker compose` can be used
//! there by hand.

use super::{Containers, compose};
use crate::error::Result;
use crate::state::{StateDir, unwritable, write_private};
use std::fmt::Write;
use std::path::PathBuf;
use wikisentry_driver::compose::{ComposeLocation, Variables};

#[derive(Debug, Clone)]
pub(super) struct Workspace {
    folder: PathBuf,
}

impl Containers {
    pub(super) fn workspace(&self) -> Workspace {
        Workspace::of(&self.state)
    }
}

/// The project that the last `up` on a state folder started.
pub fn started_project(state: &StateDir) -> Option<String> {
    Workspace::of(state).project()
}

impl Workspace {
    /// That of a state folder; not created.
    pub(super) fn of(state: &StateDir) -> Self {
        Self {
            folder: state.data_layer(),
        }
    }

    /// Where `docker compose` would be called.
    pub(super) fn location(&self) -> ComposeLocation {
        ComposeLocation {
            working_dir: self.folder.clone(),
            config_file: self.folder.join("compose.yaml"),
        }
    }

    /// The project that the last `up` started, as `.env` has it.
    fn project(&self) -> Option<String> {
        let env = std::fs::read_to_string(self.folder.join(".env")).ok()?;
        let mut lines = env.lines();
        let project = lines.find_map(|line| line.strip_prefix("COMPOSE_PROJECT_NAME="));
        project.map(str::to_owned)
    }

    /// Writes `compose.yaml` and `.env`.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub(super) fn write(&self, variables: &Variables) -> Result<()> {
        let mut env = String::from("# Written by `wikisentry up`. It holds passwords.\n");
        for (name, value) in variables.iter() {
            // Values are made of letters, digits and marks that need no quotes.
            _ = writeln!(env, "{name}={value}");
        }
        let compose = compose::text();
        let written = write_private(&self.folder.join("compose.yaml"), compose.as_bytes())
            .and_then(|()| write_private(&self.folder.join(".env"), env.as_bytes()));
        written.map_err(|error| unwritable(&self.folder, &error).into())
    }
}
