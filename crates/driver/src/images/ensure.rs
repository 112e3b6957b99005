//! Brings every image of a set onto the engine: leaves alone what is there, builds or pulls what is
//! not, what others need before them and what is independent at the same time.

use super::build::build;
use super::engine::{find, inspect, layers, name_locally};
use super::error::ImageError;
use super::event::{ImageEvent, ImageStep, OnEvent};
use super::pull::pull;
use super::set::{ImageSet, PlannedImage};
use crate::converge::{Change, Verb};
use bollard::Docker;
use bollard::query_parameters::RemoveImageOptions;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeMap;
use std::time::Instant;

/// What [`ensure`] would do with each image, in the order of the set. Changes nothing.
///
/// # Errors
/// If the engine does not answer.
pub async fn plan(docker: &Docker, set: &ImageSet) -> Result<Vec<Change>, ImageError> {
    let mut changes = Vec::new();
    for image in set.iter() {
        let verb = match find(docker, image).await? {
            Some(_) => Verb::Keep,
            None => missing(image),
        };
        changes.push(change(image, verb));
    }
    Ok(changes)
}

/// How an image that is not there is obtained.
fn missing(image: &PlannedImage) -> Verb {
    match image.recipe {
        Some(_) => Verb::Build,
        None => Verb::Pull,
    }
}

/// The size of what is pulled is not known before.
fn change(image: &PlannedImage, verb: Verb) -> Change {
    let mut change = Change::new(verb, "image", &image.reference);
    change.component = image.facts.name.to_owned();
    let own_bytes = Some(image.facts.image_bytes).filter(|bytes| *bytes > 0);
    change.disk_bytes = own_bytes.filter(|_| verb == Verb::Build);
    change
}

/// Builds and pulls what is missing. Dropping the future stops it; what the layer cache has stays,
/// and the next call goes on from there. Several calls at a time, also of other processes, do not
/// disturb each other: BuildKit does a step once for all who want it, and names are set at the end.
///
/// Answers how each image came to be there, in the order of the set.
///
/// # Errors
/// The first failure; builds that go on at that time are stopped.
pub async fn ensure(
    docker: &Docker,
    set: &ImageSet,
    on_event: OnEvent<'_>,
) -> Result<Vec<Change>, ImageError> {
    let mut verbs = BTreeMap::new();
    let mut waiting: Vec<&PlannedImage> = set.iter().collect();
    let mut running = FuturesUnordered::new();
    loop {
        waiting.retain(|&image| {
            // What is not in the set, nothing that is built needs.
            let mut needed = image.facts.needs().filter(|name| set.get(name).is_some());
            let ready = needed.all(|name| verbs.contains_key(name));
            if ready {
                running.push(ensure_one(docker, set, image, on_event));
            }
            !ready
        });
        let Some(done) = running.next().await else {
            let done = set
                .iter()
                .map(|image| change(image, verbs[image.facts.name]));
            return Ok(done.collect());
        };
        let (name, verb) = done?;
        verbs.insert(name, verb);
    }
}

async fn ensure_one(
    docker: &Docker,
    set: &ImageSet,
    image: &PlannedImage,
    on_event: OnEvent<'_>,
) -> Result<(&'static str, Verb), ImageError> {
    let started = Instant::now();
    let name = image.facts.name;
    let tell = |step| on_event(ImageEvent { image: name, step });
    let mut verb = Verb::Keep;
    let mut found = find(docker, image).await?;
    if found.is_none() {
        tell(ImageStep::Started);
        verb = missing(image);
        match &image.recipe {
            Some(recipe) => {
                build(docker, image, recipe, on_event).await?;
                check_parent(docker, set, image).await?;
            }
            None => pull(docker, name, &image.reference, on_event).await?,
        }
        found = find(docker, image).await?;
    }
    let Some(found) = found else {
        return Err(ImageError::NotPresent {
            references: vec![image.reference.clone()],
        });
    };
    name_locally(docker, image, found.id.as_deref()).await?;
    let elapsed = started.elapsed();
    tell(ImageStep::Ready { verb, elapsed });
    Ok((name, verb))
}

/// Engines with containerd's image store ask a registry for the parent before they look at their
/// own images. The owner of our name there must not get into what we build: an image that is not
/// built on the parent that is here is removed.
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
