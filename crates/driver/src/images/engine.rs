//! Small questions to the Docker engine about single images.

use super::error::ImageError;
use super::set::PlannedImage;
use crate::docker::found;
use bollard::Docker;
use bollard::models::ImageInspect;
use bollard::query_parameters::TagImageOptionsBuilder;
use std::time::Duration;

/// The label with the hash of the context that an image was built from.
pub const CONTEXT_LABEL: &str = "org.wikisentry.context";

/// The label with the name of the image in the platform.
pub const IMAGE_LABEL: &str = "org.wikisentry.image";

/// Builds, exports and loads answer late; the caller can stop waiting at any time.
const PATIENCE: Duration = Duration::from_secs(6 * 3_600);

/// The same engine, for requests whose answer takes long to begin.
pub(crate) fn patient(docker: &Docker) -> Docker {
    docker.clone().with_timeout(PATIENCE)
}

/// What the engine knows of a reference; `None` if it has no such image.
pub(super) async fn inspect(
    docker: &Docker,
    reference: &str,
) -> Result<Option<ImageInspect>, ImageError> {
    let inspected = found(docker.inspect_image(reference).await);
    inspected.map_err(ImageError::engine(format!("look for {reference}")))
}

/// The image as planned. One of our name that was built from something else does not count.
pub(super) async fn find(
    docker: &Docker,
    image: &PlannedImage,
) -> Result<Option<ImageInspect>, ImageError> {
    let found = inspect(docker, &image.reference).await?;
    Ok(found.filter(|found| {
        let recipe = image.recipe.as_ref();
        recipe.is_none_or(|recipe| label(found, CONTEXT_LABEL) == Some(recipe.hash.as_str()))
    }))
}

/// The value of a label.
pub(super) fn label<'i>(image: &'i ImageInspect, name: &str) -> Option<&'i str> {
    let labels = image.config.as_ref()?.labels.as_ref()?;
    labels.get(name).map(String::as_str)
}

/// The ids of the uncompressed layers, the lowest first. They are the same on every engine, however
/// it stores images and computes their ids.
pub(super) fn layers(image: &ImageInspect) -> &[String] {
    let root = image.root_fs.as_ref();
    root.and_then(|root| root.layers.as_deref())
        .unwrap_or_default()
}

/// Gives an image of ours its second, lasting name, if another image has it or none.
pub(super) async fn name_locally(
    docker: &Docker,
    image: &PlannedImage,
    id: Option<&str>,
) -> Result<(), ImageError> {
    let Some(recipe) = &image.recipe else {
        return Ok(());
    };
    let named = inspect(docker, &recipe.local_name).await?;
    if id.is_some() && named.and_then(|named| named.id).as_deref() == id {
        return Ok(());
    }
    let (repository, tag) = super::reference::split_tag(&recipe.local_name);
    let options = TagImageOptionsBuilder::new()
        .repo(repository)
        .tag(tag.unwrap_or_default())
        .build();
    let tagged = docker.tag_image(&image.reference, Some(options)).await;
    tagged.map_err(ImageError::engine(format!("name {}", recipe.local_name)))
}
