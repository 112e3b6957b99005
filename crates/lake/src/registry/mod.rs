//! The model registry: versions of a model, each a folder with `model.json` and `card.json` that
//! never changes, and aliases that name the one in use and the one before it. It keeps models and
//! does not judge them. `docs/contracts/registry.md` is what other engines hold to.

mod alias;
mod bootstrap;
mod error;
mod explainer;
mod ruling;
mod versions;

pub use alias::{Aliases, Promotion};
pub use bootstrap::is_bootstrap;
pub use error::RegistryError;
pub use ruling::{Hold, RolledBack, Ruling};
pub use versions::{Files, Version, most_bytes};
pub use wikisentry_core::model::version::model_sha256;

use crate::storage::{Key, Seen, Storage};
use object_store::ObjectStore;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wikisentry_core::model::Scorer;
use wikisentry_core::time::EventTime;

/// Key on a card of what edits were like in training, a
/// [`DriftReference`](wikisentry_core::evaluation::drift::DriftReference).
pub const DRIFT_REFERENCE: &str = "drift_reference";

/// A model in use.
#[derive(Debug)]
pub struct Champion {
    /// The model and its card.
    pub scorer: Scorer,
    /// When this process loaded it.
    pub loaded_at: EventTime,
}

/// The versions and aliases of one model. Cheap to clone; several, also of other processes, may
/// work on the same.
#[derive(Debug, Clone)]
pub struct Registry {
    storage: Storage,
    name: String,
}

impl Registry {
    /// The registry of model `name` below the folder of all models. Creates nothing. The folder's
    /// file system must have `flock`, hard links and atomic renames. The folder of all models may be a
    /// symbolic link, that of this one not: everything that is done with it fails then.
    pub fn open(models: &Path, name: &str) -> Self {
        Self {
            storage: Storage::in_unlinked(models.join(name)),
            name: name.to_owned(),
        }
    }

    /// The registry of model `name` in an object store such as S3, below the prefix of all models. The
    /// store must put if absent and put if a tag matches. One over the network works on the Tokio
    /// runtime that this is called in.
    pub fn on_store(store: Arc<dyn ObjectStore>, models: &str, name: &str) -> Self {
        Self {
            storage: Storage::in_store(store, &format!("{models}/{name}")),
            name: name.to_owned(),
        }
    }

    /// Name of the model, and of its folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The champion; the bootstrap model where there is none.
    ///
    /// # Errors
    /// As [`Registry::aliases`] and [`Registry::load`].
    pub fn champion(&self) -> Result<Champion, RegistryError> {
        match self.champion_version()? {
            Some(version) => self.load(version),
            None => Self::bootstrap_champion(),
        }
    }

    /// How messages name an object.
    fn path(&self, key: &str) -> PathBuf {
        self.storage.path(&Key::from(key))
    }

    fn read(&self, key: &str) -> Result<Option<Seen>, RegistryError> {
        Ok(self.storage.read(&Key::from(key), most_bytes(key))?)
    }

    fn put_new(&self, key: &str, bytes: &[u8]) -> Result<bool, RegistryError> {
        Ok(self.storage.put_new(&Key::from(key), bytes)?)
    }
}
