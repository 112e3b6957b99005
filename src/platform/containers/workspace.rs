//! The folder in the state with `compose.yaml` and its `.env`, so that `docker compose` can be used
//! there by hand.

use super::compose;
use crate::error::Result;
use crate::state::{NOTE_BYTES, StateDir, unwritable, write_private};
use std::fmt::Write;
use wikisentry_driver::compose::{ComposeLocation, Variables};
use wikisentry_lake::file::read_own;

/// Where `docker compose` would be called.
pub(super) fn location(state: &StateDir) -> ComposeLocation {
    let working_dir = state.data_layer();
    ComposeLocation {
        config_file: working_dir.join("compose.yaml"),
        working_dir,
    }
}

/// The project that the last `up` on a state folder started, as `.env` has it.
pub fn started_project(state: &StateDir) -> Option<String> {
    let env = read_own(&state.data_layer().join(".env"), NOTE_BYTES).ok()?;
    let env = String::from_utf8_lossy(&env);
    let mut lines = env.lines();
    let project = lines.find_map(|line| line.strip_prefix("COMPOSE_PROJECT_NAME="));
    project.map(str::to_owned)
}

/// Writes `compose.yaml` and `.env`.
pub(super) fn write(state: &StateDir, variables: &Variables) -> Result<()> {
    let folder = state.data_layer();
    let mut env = String::from("# Written by `wikisentry up`. It holds passwords.\n");
    for (name, value) in variables.iter() {
        // Values are made of letters, digits and marks that need no quotes.
        _ = writeln!(env, "{name}={value}");
    }
    let compose = compose::text();
    let written = write_private(&folder.join("compose.yaml"), compose.as_bytes())
        .and_then(|()| write_private(&folder.join(".env"), env.as_bytes()));
    written.map_err(|error| unwritable(&folder, &error).into())
}
