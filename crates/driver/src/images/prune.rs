//! Removes images of ours that nothing needs any more. Nothing is forced: what a container is made
//! from stays, and so does every image that was not built here.

use super::error::ImageError;
use super::list::{OutdatedImage, list};
use super::set::ImageSet;
use crate::docker::conflict;
use bollard::Docker;
use bollard::query_parameters::RemoveImageOptions;
use serde::Serialize;

/// What [`prune`] did with an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrunedImage {
    #[serde(flatten)]
    pub image: OutdatedImage,
    /// Whether it is gone; else something uses it.
    pub removed: bool,
}

/// Removes what [`list`] names as outdated, without what containers use.
///
/// # Errors
/// If the engine does not answer, or refuses for another reason than that it is used.
pub async fn prune(docker: &Docker, set: &ImageSet) -> Result<Vec<PrunedImage>, ImageError> {
    let mut pruned = Vec::new();
    for image in list(docker, set).await?.outdated {
        let removed = image.used_by.is_empty() && remove(docker, &image.reference).await?;
        pruned.push(PrunedImage { image, removed });
    }
    Ok(pruned)
}

/// Answers whether the image is gone: a container may have been made from it meanwhile.
async fn remove(docker: &Docker, reference: &str) -> Result<bool, ImageError> {
    let removed = docker.remove_image(reference, None::<RemoveImageOptions>, None);
    match conflict(removed.await) {
        Ok(removed) => Ok(removed.is_some()),
        Err(error) => Err(ImageError::engine(format!("remove {reference}"))(error)),
    }
}
