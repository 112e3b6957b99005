//! Makes every image of a set be on the engine: leaves alone what is there, builds or pulls what is
//! not, parents before children and what is independent at the same time.

use super::build::build;
use super::engine::{find, name_locally};
use super::error::ImageError;
use super::event::{ImageEvent, ImageOutcome, OnEvent};
use super::pull::pull;
use super::set::{ImageSet, Origin, PlannedImage};
use bollard::Docker;
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
                running.push(ensure_one(docker, image, on_event));
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
