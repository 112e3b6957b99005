//! Makes every image of a set be on the engine: leaves alone what is there, builds or pulls what is
//! not, parents before children and what is independent at the same time.

use super::build::build;
use super::engine::{find, inspect, layers, name_locally};
use super::error::ImageError;
use super::event::{ImageEvent, ImageOutcome, OnEvent};
use super::pull::pull;
use super::set::{ImageSet, Origin, PlannedImage};
use bollard::Docker;
use bollard::query_parameters::RemoveImageOptions;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeMap;
use std::time::Instant;

/// Builds and pulls what is missing. Dropping the future stops it; what the layer cache has stays,
/// and the next call goes on from there. Several calls at a time, also of other processes, do not
/// disturb each other: BuildKit does a step once for all who want it, and names are set at the end.
///
/// Answers how each image came to be there, by name.
///
/// # Errors
/// The first failure; builds that go on at that time are stopped.
pub async fn ensure(
    docker: &Docker,
    set: &ImageSet,
    on_event: OnEvent<'_>,
) -> Result<BTreeMap<&'static str, ImageOutcome>, ImageError> {
    let mut outcomes = BTreeMap::new();
    let mut waiting: Vec<&PlannedImage> = set.iter().collect();
    let mut running = FuturesUnordered::new();
    loop {
        waiting.retain(|&image| {
            // A parent that is not in the set is none of ours.
            let parent = image
                .facts
                .parent
                .filter(|parent| set.get(parent).is_some());
            let ready = parent.is_none_or(|parent| outcomes.contains_key(parent));
            if ready {
                running.push(ensure_one(docker, set, image, on_event));
            }
            !ready
        });
        let Some(done) = running.next().await else {
            return Ok(outcomes);
        };
        let (name, outcome) = done?;
        outcomes.insert(name, outcome);
    }
}

async fn ensure_one(
    docker: &Docker,
    set: &ImageSet,
    image: &PlannedImage,
    on_event: OnEvent<'_>,
) -> Result<(&'static str, ImageOutcome), ImageError> {
    let begun = Instant::now();
    let name = image.facts.name;
    let mut outcome = ImageOutcome::Present;
    let mut found = find(docker, image).await?;
    if found.is_none() {
        on_event(ImageEvent::Started {
            image: name,
            reference: image.reference.clone(),
        });
        outcome = match &image.origin {
            Origin::Built(recipe) => {
                build(docker, image, recipe, on_event).await?;
                check_parent(docker, set, image).await?;
                ImageOutcome::Built
            }
            Origin::Replaced => {
                pull(docker, name, &image.reference, on_event).await?;
                ImageOutcome::Pulled
            }
        };
        found = find(docker, image).await?;
    }
    let Some(found) = found else {
        return Err(ImageError::NotPresent {
            references: vec![image.reference.clone()],
        });
    };
    name_locally(docker, image, found.id.as_deref()).await?;
    on_event(ImageEvent::Ready {
        image: name,
        outcome,
        elapsed: begun.elapsed(),
    });
    Ok((name, outcome))
}

/// Engines with containerd's image store ask a registry for the parent before they look at their
/// own images. Whoever owns our name there must not get into what we build: what is not built on
/// the parent that is here is thrown away.
async fn check_parent(
    docker: &Docker,
    set: &ImageSet,
    image: &PlannedImage,
) -> Result<(), ImageError> {
    let Some(parent) = image.facts.parent.and_then(|parent| set.get(parent)) else {
        return Ok(());
    };
    let child = inspect(docker, &image.reference).await?.unwrap_or_default();
    let base = inspect(docker, &parent.reference)
        .await?
        .unwrap_or_default();
    if !layers(&base).is_empty() && layers(&child).starts_with(layers(&base)) {
        return Ok(());
    }
    let removed = docker
        .remove_image(&image.reference, None::<RemoveImageOptions>, None)
        .await;
    removed.map_err(ImageError::engine(format!("remove {}", image.reference)))?;
    Err(ImageError::NotVerified {
        reference: image.reference.clone(),
        why: format!("it is not built on the {} of this engine", parent.reference),
    })
}
