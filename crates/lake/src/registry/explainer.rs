//! The same model once more, laid out to tell why it gave a score.

use super::versions::model_key;
use super::{Champion, Registry, RegistryError};
use std::path::Path;
use wikisentry_core::model::bootstrap::MODEL;
use wikisentry_core::model::{Explainer, ModelError};

impl Registry {
    /// A version, checked in full, and its explainer; without a number the bootstrap model.
    ///
    /// # Errors
    /// As [`Registry::load`], and if the model does not say how many rows went through its nodes.
    pub fn explainer(&self, number: Option<u32>) -> Result<(Champion, Explainer), RegistryError> {
        let Some(number) = number else {
            let explainer = read(Path::new("(bootstrap)"), MODEL)?;
            return Ok((Self::bootstrap_champion()?, explainer));
        };
        let champion = self.load(number)?;
        let path = self.path(&model_key(number));
        Ok((champion, read(&path, &self.model_bytes(number)?)?))
    }
}

fn read(path: &Path, model: &[u8]) -> Result<Explainer, RegistryError> {
    Explainer::from_json(model).map_err(|error| RegistryError::Model {
        path: path.to_owned(),
        error: ModelError::from(error),
    })
}
