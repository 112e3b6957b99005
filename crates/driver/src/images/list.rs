//! What the engine has of our images: the current ones, older ones that only take space, and the
//! disk that they are on.

use super::engine::{CONTEXT_LABEL, find, layers};
use super::error::ImageError;
use super::image_facts::LOCAL_TAG;
use super::reference::split_tag;
use super::set::ImageSet;
use crate::docker::name_of;
use bollard::Docker;
use bollard::models::ImageInspect;
use bollard::query_parameters::{ListContainersOptionsBuilder, ListImagesOptionsBuilder};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// What `images list` reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageListing {
    /// The images of the set, parents first.
    pub images: Vec<ListedImage>,
    /// Images of ours under older tags, the newest first.
    pub outdated: Vec<OutdatedImage>,
    /// Bytes that the present images of the set take, what they share counted once.
    pub bytes: u64,
    /// The disk with the engine's files; none if they are not on this machine, as with Docker
    /// Desktop.
    pub disk: Option<EngineDisk>,
}

/// An image of the set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedImage {
    pub name: &'static str,
    /// The reference that containers use.
    pub reference: String,
    /// Whether the settings put it in the place of one that would be built.
    pub replaced: bool,
    /// What the engine has; none if it has to be built, pulled or loaded.
    pub present: Option<PresentImage>,
}

/// An image on the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PresentImage {
    /// The engine's own name for it.
    pub id: String,
    /// Seconds since 1970 when it was built.
    pub created: Option<i64>,
    /// Bytes of all its layers, as the engine counts them.
    pub bytes: u64,
    /// How many layers it has, …
    pub layers: usize,
    /// … and how many of them another image of the set has too.
    pub shared_layers: usize,
    /// Bytes of the image in the set that it is built on; 0 if it is built on none.
    pub shared_bytes: u64,
}

/// An image that was built here, and that this version and these settings do not use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutdatedImage {
    /// With its tag, such as `wikisentry/kafka:3617bf90d256`.
    pub reference: String,
    /// Seconds since 1970 when it was built.
    pub created: i64,
    /// Bytes of all its layers; removing it frees those that no other image has.
    pub bytes: u64,
    /// Containers made from it, running or not; without any it can be removed.
    pub used_by: Vec<String>,
}

/// The disk with the engine's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EngineDisk {
    /// The engine's folder, such as `/var/lib/docker`.
    pub root: String,
    /// Bytes of the disk.
    pub bytes: u64,
    /// Bytes left on it for ordinary users.
    pub free: u64,
}

/// Lists the images of the set, older ones, and the disk.
///
/// # Errors
/// If it does not answer.
pub async fn list(docker: &Docker, set: &ImageSet) -> Result<ImageListing, ImageError> {
    let mut found = Vec::new();
    for image in set.iter() {
        found.push((image, find(docker, image).await?));
    }
    let present: Vec<&ImageInspect> = found
        .iter()
        .filter_map(|(_, found)| found.as_ref())
        .collect();
    let bytes = sharing(&present);
    let images = found.iter().map(|(image, inspect)| ListedImage {
        name: image.facts.name,
        reference: image.reference.clone(),
        replaced: image.recipe.is_none(),
        present: inspect.as_ref().map(|inspect| describe(inspect, &present)),
    });
    Ok(ImageListing {
        images: images.collect(),
        outdated: outdated(docker, set).await?,
        bytes,
        disk: disk(docker).await?,
    })
}

/// Bytes of an image, as the engine counts them.
pub(super) fn size(image: &ImageInspect) -> u64 {
    image
        .size
        .and_then(|size| u64::try_from(size).ok())
        .unwrap_or(0)
}

/// Bytes of images together, what one holds of another counted once.
pub(crate) fn sharing(images: &[&ImageInspect]) -> u64 {
    let distinct: BTreeMap<_, _> = images.iter().map(|image| (layers(image), *image)).collect();
    let own = |image: &&ImageInspect| size(image).saturating_sub(inherited(image, images));
    distinct.values().map(own).sum()
}

/// Bytes of the largest other image whose layers are the lower layers of this one.
fn inherited(image: &ImageInspect, others: &[&ImageInspect]) -> u64 {
    let ours = layers(image);
    let below = others.iter().filter(|other| {
        let theirs = layers(other);
        !theirs.is_empty() && theirs.len() < ours.len() && ours.starts_with(theirs)
    });
    below.map(|other| size(other)).max().unwrap_or(0)
}

fn describe(image: &ImageInspect, present: &[&ImageInspect]) -> PresentImage {
    let others = present.iter().filter(|other| other.id != image.id);
    let elsewhere: Vec<&String> = others.flat_map(|other| layers(other)).collect();
    let shared = layers(image)
        .iter()
        .filter(|layer| elsewhere.contains(layer));
    PresentImage {
        id: image.id.clone().unwrap_or_default(),
        created: image.created.map(|created| created.timestamp()),
        bytes: size(image),
        layers: layers(image).len(),
        shared_layers: shared.count(),
        shared_bytes: inherited(image, present),
    }
}

async fn outdated(docker: &Docker, set: &ImageSet) -> Result<Vec<OutdatedImage>, ImageError> {
    let built = set.iter().filter(|image| image.recipe.is_some());
    let repositories: Vec<&str> = built.map(|image| split_tag(&image.reference).0).collect();
    if repositories.is_empty() {
        return Ok(Vec::new());
    }
    let filters = HashMap::from([("reference", repositories)]);
    let options = ListImagesOptionsBuilder::new().filters(&filters).build();
    let images = docker.list_images(Some(options)).await;
    let images = images.map_err(ImageError::engine("list images"))?;
    let options = ListContainersOptionsBuilder::new().all(true).build();
    let containers = docker.list_containers(Some(options)).await;
    let containers = containers.map_err(ImageError::engine("list containers"))?;

    let mut outdated = Vec::new();
    for image in images {
        let uses = containers
            .iter()
            .filter(|one| one.image_id.as_ref() == Some(&image.id));
        let names: Vec<String> = uses.map(|one| name_of(one).to_owned()).collect();
        let context = image.labels.get(CONTEXT_LABEL);
        for reference in image.repo_tags {
            let current = set.iter().any(|planned| planned.reference == reference);
            let tag = split_tag(&reference).1.unwrap_or_default();
            // One that somebody made or named himself is not ours to judge.
            let built_here = context.is_some_and(|hash| hash.starts_with(tag));
            if current || tag == LOCAL_TAG || !built_here {
                continue;
            }
            outdated.push(OutdatedImage {
                reference,
                created: image.created,
                bytes: u64::try_from(image.size).unwrap_or(0),
                used_by: names.clone(),
            });
        }
    }
    outdated.sort_by(|a, b| (b.created, &a.reference).cmp(&(a.created, &b.reference)));
    Ok(outdated)
}

/// The disk under the engine's folder, if the engine runs on this machine itself.
async fn disk(docker: &Docker) -> Result<Option<EngineDisk>, ImageError> {
    let info = docker
        .info()
        .await
        .map_err(ImageError::engine("tell about itself"))?;
    let here = rustix::system::uname();
    let same_machine = info.name.as_deref() == here.nodename().to_str().ok();
    let Some(root) = info.docker_root_dir.filter(|_| same_machine) else {
        return Ok(None);
    };
    let Ok(space) = rustix::fs::statvfs(Path::new(&root)) else {
        return Ok(None);
    };
    Ok(Some(EngineDisk {
        root,
        bytes: space.f_blocks * space.f_frsize,
        free: space.f_bavail * space.f_frsize,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::models::ImageInspectRootFs;

    fn image(id: &str, size: i64, layers: &[&str]) -> ImageInspect {
        ImageInspect {
            id: Some(id.to_owned()),
            size: Some(size),
            root_fs: Some(ImageInspectRootFs {
                layers: Some(layers.iter().map(|layer| layer.to_string()).collect()),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    #[test]
    fn what_images_share_is_counted_once() {
        let base = image("base", 100, &["a", "b"]);
        let kafka = image("kafka", 250, &["a", "b", "c"]);
        let connect = image("connect", 300, &["a", "b", "c", "d"]);
        let minio = image("minio", 220, &["a", "b", "e"]);
        let foreign = image("foreign", 70, &["x"]);
        let all = [&base, &kafka, &connect, &minio, &foreign];
        assert_eq!(sharing(&all), 100 + 150 + 50 + 120 + 70);
        // One image under two names takes no more than under one.
        assert_eq!(sharing(&[&base, &base]), 100);
        let described = describe(&connect, &all);
        assert_eq!((described.layers, described.shared_layers), (4, 3));
        assert_eq!(described.shared_bytes, 250);
        assert_eq!(describe(&foreign, &all).shared_layers, 0);
    }
}
