//! The folder in the state that stands for the data layer: `compose.yaml` with its `.env`, so that
//! `docker compose` can be used there by hand, and a mark while it is up.

use super::secrets::write_private;
use super::{COMPOSE, DataLayer};
use crate::config::Override;
use crate::error::Result;
use crate::state::{StateDir, unwritable};
use std::fmt::Write;
use std::io;
use std::path::PathBuf;
use wikisentry_driver::compose::Origin;

const MARK: &str = "up";
const FLAGS: &str = "flags.json";

/// The folder.
#[derive(Debug, Clone)]
pub struct Workspace {
    folder: PathBuf,
}

impl Workspace {
    /// That of a state folder; not created.
    pub fn of(state: &StateDir) -> Self {
        Self {
            folder: state.data_layer(),
        }
    }

    /// Where `docker compose` would be called.
    pub fn origin(&self) -> Origin {
        Origin {
            working_dir: self.folder.clone(),
            config_file: self.folder.join("compose.yaml"),
        }
    }

    /// Whether an `up` has begun that no `down` has ended.
    pub fn is_up(&self) -> bool {
        self.folder.join(MARK).exists()
    }

    /// The flags that the last `up` was given: what it made is found by them. They outlive
    /// [`Workspace::leave`], for what is to be purged.
    pub fn flags(&self) -> Vec<Override> {
        let flags = std::fs::read(self.folder.join(FLAGS)).unwrap_or_default();
        serde_json::from_slice(&flags).unwrap_or_default()
    }

    /// Writes `compose.yaml` and `.env`, keeps the flags, and marks the data layer as up.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn enter(&self, layer: &DataLayer, flags: &[Override]) -> Result<()> {
        let flags = serde_json::to_vec(flags)?;
        let mut env = String::from("# Written by `wikisentry up`. It holds passwords.\n");
        for (name, value) in layer.variables.iter() {
            // Values are made of letters, digits and marks that need no quotes.
            _ = writeln!(env, "{name}={value}");
        }
        let written = write_private(&self.folder.join("compose.yaml"), COMPOSE.as_bytes())
            .and_then(|()| write_private(&self.folder.join(".env"), env.as_bytes()))
            .and_then(|()| write_private(&self.folder.join(FLAGS), &flags))
            .and_then(|()| write_private(&self.folder.join(MARK), b""));
        written.map_err(|error| unwritable(&self.folder, &error).into())
    }

    /// Takes the mark away.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn leave(&self) -> Result<()> {
        match std::fs::remove_file(self.folder.join(MARK)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(unwritable(&self.folder, &error).into())
            }
            _ => Ok(()),
        }
    }

    /// Removes the folder, credentials included.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn purge(&self) -> Result<()> {
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(unwritable(&self.folder, &error).into())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, resolve};
    use crate::data_layer::Secrets;

    #[test]
    fn what_up_was_given_is_known_to_later_commands() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        let settings = resolve(&Sources::default()).unwrap().settings;
        let layer = DataLayer::new(&settings, &state, Secrets::generate()).unwrap();
        let workspace = Workspace::of(&state);
        assert!(!workspace.is_up() && workspace.flags().is_empty());
        let flags = vec![Override {
            key: "kafka.port".to_owned(),
            value: "19092".to_owned(),
            flag: "--set".to_owned(),
        }];
        workspace.enter(&layer, &flags).unwrap();
        assert!(workspace.is_up());
        assert_eq!(workspace.flags(), flags);
        let env = std::fs::read_to_string(state.data_layer().join(".env")).unwrap();
        assert!(env.contains("\nWIKISENTRY_KAFKA_PORT=9092\n"), "{env}");
        workspace.leave().unwrap();
        assert!(!workspace.is_up());
        assert_eq!(workspace.flags(), flags);
    }
}
