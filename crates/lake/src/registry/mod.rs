//! The model registry: versions of a model, each a folder with `model.json` and `card.json` that
//! never changes, and aliases that name the one in use and the one before it. It keeps models and
//! does not judge them. `docs/contracts/registry.md` is what other engines hold to.

mod alias;
mod bootstrap;
mod error;
mod explainer;
mod objects;
mod versions;

pub use alias::{Aliases, Promotion};
pub use bootstrap::is_bootstrap;
pub use error::RegistryError;
pub use versions::Version;

use object_store::ObjectStore;
use objects::Objects;
use std::path::Path;
use std::sync::Arc;
use wikisentry_core::model::Scorer;
use wikisentry_core::time::EventTime;

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
    objects: Objects,
    name: String,
}

impl Registry {
    /// The registry of model `name` below the folder of all models. Creates nothing. The folder's
    /// file system must have `flock`, hard links and atomic renames.
    pub fn open(models: &Path, name: &str) -> Self {
        Self {
            objects: Objects::in_folder(models.join(name)),
            name: name.to_owned(),
        }
    }

    /// The registry of model `name` in an object store such as S3, below a prefix of that name. The
    /// store must put if absent and put if a tag matches.
    pub fn on_store(store: Arc<dyn ObjectStore>, name: &str) -> Self {
        Self {
            objects: Objects::in_store(store, name),
            name: name.to_owned(),
        }
    }

    /// The model's name.
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
}
