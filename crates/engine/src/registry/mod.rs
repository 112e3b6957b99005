//! The model registry on local disk: versions of a model, each a folder with `model.json` and
//! `card.json`, and aliases that name the one in use. The bootstrap model is inside the binary.

mod watch;

pub use watch::watch_champion;

use crate::clock;
use crate::durable::write_atomically;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use wikisentry_core::model::{ModelError, Scorer};
use wikisentry_core::scoring::FEATURES;
use wikisentry_core::time::EventTime;

const BOOTSTRAP_NAME: &str = "edit-risk";
const BOOTSTRAP_VERSION: u32 = 1;
const BOOTSTRAP_MODEL: &[u8] = include_bytes!("../../../../models/edit-risk/versions/1/model.json");
const BOOTSTRAP_CARD: &[u8] = include_bytes!("../../../../models/edit-risk/versions/1/card.json");

/// Why a model version cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A file of the registry cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// An alias is not what it should be.
    #[error("{}: not an alias: {error}", path.display())]
    Alias {
        /// The alias's file.
        path: PathBuf,
        /// What is wrong.
        error: serde_json::Error,
    },
    /// The model's bytes are not those its card speaks of.
    #[error("{}: SHA-256 is {found}, the card says {expected}", path.display())]
    Damaged {
        /// The model's file.
        path: PathBuf,
        /// What the card says.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// The model or its card is refused.
    #[error("{}: {error}", path.display())]
    Model {
        /// The version's folder.
        path: PathBuf,
        /// What is wrong.
        error: ModelError,
    },
}

/// A model in use.
#[derive(Debug)]
pub struct Champion {
    /// The model and its card.
    pub scorer: Scorer,
    /// When this process loaded it.
    pub loaded_at: EventTime,
}

#[derive(Debug, Serialize, Deserialize)]
struct Alias {
    version: u32,
    updated_at: EventTime,
}

/// The versions and aliases of one model.
#[derive(Debug, Clone)]
pub struct Registry {
    root: PathBuf,
    name: String,
}

impl Registry {
    /// The registry of model `name` below the folder of all models.
    pub fn open(models: &Path, name: &str) -> Self {
        Self {
            root: models.join(name),
            name: name.to_owned(),
        }
    }

    /// Makes the bootstrap model the champion of a registry that has none.
    pub fn bootstrap(&self) -> Result<(), RegistryError> {
        if self.name != BOOTSTRAP_NAME || self.champion_version()?.is_some() {
            return Ok(());
        }
        let folder = self.version_folder(BOOTSTRAP_VERSION);
        for (file, bytes) in [
            ("model.json", BOOTSTRAP_MODEL),
            ("card.json", BOOTSTRAP_CARD),
        ] {
            self.write(&folder.join(file), bytes)?;
        }
        let alias = Alias {
            version: BOOTSTRAP_VERSION,
            updated_at: clock::now(),
        };
        self.write(
            &self.alias("champion"),
            &serde_json::to_vec(&alias).unwrap_or_default(),
        )
    }

    /// The version that the champion alias names; `None` before the first.
    pub fn champion_version(&self) -> Result<Option<u32>, RegistryError> {
        let path = self.alias("champion");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RegistryError::Io { path, error }),
        };
        match serde_json::from_slice::<Alias>(&bytes) {
            Ok(alias) => Ok(Some(alias.version)),
            Err(error) => Err(RegistryError::Alias { path, error }),
        }
    }

    /// The champion; the bootstrap model where there is none.
    pub fn champion(&self) -> Result<Champion, RegistryError> {
        match self.champion_version()? {
            Some(version) => self.load(version),
            None => Self::bootstrap_champion(),
        }
    }

    /// The model inside the binary.
    pub fn bootstrap_champion() -> Result<Champion, RegistryError> {
        let path = PathBuf::from("(bootstrap)");
        Self::check(&path, BOOTSTRAP_MODEL, BOOTSTRAP_CARD)
    }

    /// One version, checked in full.
    pub fn load(&self, version: u32) -> Result<Champion, RegistryError> {
        let folder = self.version_folder(version);
        let read = |file: &str| {
            let path = folder.join(file);
            std::fs::read(&path).map_err(|error| RegistryError::Io { path, error })
        };
        Self::check(&folder, &read("model.json")?, &read("card.json")?)
    }

    fn check(folder: &Path, model: &[u8], card: &[u8]) -> Result<Champion, RegistryError> {
        let scorer = Scorer::load(model, card, FEATURES).map_err(|error| RegistryError::Model {
            path: folder.to_owned(),
            error,
        })?;
        let found = hex(&Sha256::digest(model));
        let expected = &scorer.card().model_sha256;
        if !found.eq_ignore_ascii_case(expected) {
            let (path, expected) = (folder.join("model.json"), expected.clone());
            return Err(RegistryError::Damaged {
                path,
                expected,
                found,
            });
        }
        Ok(Champion {
            scorer,
            loaded_at: clock::now(),
        })
    }

    fn version_folder(&self, version: u32) -> PathBuf {
        self.root.join("versions").join(version.to_string())
    }

    fn alias(&self, name: &str) -> PathBuf {
        self.root.join("aliases").join(name)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), RegistryError> {
        write_atomically(path, bytes).map_err(|error| RegistryError::Io {
            path: path.to_owned(),
            error,
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
