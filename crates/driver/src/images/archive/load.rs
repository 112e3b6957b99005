//! Gives the images of an archive to the engine: first looks through the whole file, then sends it,
//! then asks the engine what it has.

use super::pieces::{Hashes, hand_over};
use super::scan::{Scanned, open, scan};
use super::{ArchiveManifest, ArchiveProgress, ManifestImage, OnArchive};
use crate::docker::found;
use crate::images::engine::{find, inspect, layers, name_locally, patient};
use crate::images::error::ImageError;
use crate::images::set::{ImageSet, PlannedImage};
use bollard::Docker;
use bollard::query_parameters::{ImportImageOptionsBuilder, RemoveImageOptions};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// How many pieces may wait to be sent.
const QUEUE: usize = 16;

/// How often progress is reported.
const TICK: Duration = Duration::from_millis(100);

/// An image that an archive held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadedImage {
    /// Its name in the platform.
    pub name: String,
    /// The reference that it has on the engine.
    pub reference: String,
    /// Whether the engine had it before.
    pub was_present: bool,
}

/// Loads an archive. If the engine has all of it, it is sent nothing. `sha256`, in hexadecimal, is
/// what the file must have, if the caller knows.
///
/// # Errors
/// Before anything is changed, if the file is another one, no archive of [`super::save`], damaged,
/// for another kind of machine, or holds an image that is not of the set; and if the engine does not
/// have the images afterwards.
pub async fn load(
    docker: &Docker,
    set: &ImageSet,
    path: &Path,
    sha256: Option<&str>,
    on_progress: OnArchive<'_>,
) -> Result<Vec<LoadedImage>, ImageError> {
    let metadata = tokio::fs::metadata(path).await;
    let total = metadata.map_err(ImageError::file(path))?.len();
    let read = Arc::new(AtomicU64::new(0));
    let checking = tokio::task::spawn_blocking({
        let (path, read) = (path.to_owned(), read.clone());
        move || scan(&path, |bytes| read.store(bytes, Ordering::Relaxed))
    });
    let tell = |step, done| on_progress(ArchiveProgress { step, done, total });
    let scanned = watched(checking, &read, |done| tell(0, done)).await;
    let scanned = scanned.map_err(io::Error::other);
    let scanned = scanned.map_err(ImageError::file(path))??;
    if sha256.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(&scanned.sha256)) {
        return Err(ImageError::OtherFile {
            path: path.to_owned(),
            found: scanned.sha256,
        });
    }
    let planned = planned(set, &scanned.manifest, path)?;
    check_platform(docker, &scanned.manifest, path).await?;

    let mut was_present = Vec::new();
    for image in &scanned.manifest.images {
        was_present.push(difference(docker, image).await?.is_none());
    }
    let is_sent = was_present.contains(&false);
    if is_sent {
        read.store(0, Ordering::Relaxed);
        let sending = send(docker, path, &scanned, read.clone());
        watched(sending, &read, |done| tell(1, done)).await?;
    }
    let images = scanned.manifest.images.iter().zip(planned);
    let mut wrong = Vec::new();
    for (image, planned) in images.clone() {
        if let Some(why) = unlike(docker, image, planned).await? {
            wrong.push((&image.reference, why));
        }
    }
    if is_sent {
        // All of them: a name alone would have it run.
        for (reference, why) in &mut wrong {
            if let Err(error) = untag(docker, reference).await {
                why.push_str(&format!("; remove it, which failed here: {error}"));
            }
        }
    }
    if let Some((reference, why)) = wrong.into_iter().next() {
        return Err(ImageError::NotVerified {
            reference: reference.clone(),
            why,
        });
    }
    let mut loaded = Vec::new();
    for ((image, planned), was_present) in images.zip(was_present) {
        name_locally(docker, planned, None).await?;
        loaded.push(LoadedImage {
            name: planned.facts.name.to_owned(),
            reference: image.reference.clone(),
            was_present,
        });
    }
    Ok(loaded)
}

/// How what the engine has under a reference differs from what was saved and is planned, if it does.
async fn unlike(
    docker: &Docker,
    image: &ManifestImage,
    planned: &PlannedImage,
) -> Result<Option<String>, ImageError> {
    let why = difference(docker, image).await?;
    // It has the layers; its labels say what it was built from.
    if why.is_none() && find(docker, planned).await?.is_none() {
        return Ok(Some("it was built from something else".to_owned()));
    }
    Ok(why)
}

/// Takes a name from an image, and removes it if it has no other.
async fn untag(docker: &Docker, reference: &str) -> Result<(), bollard::errors::Error> {
    let removed = docker.remove_image(reference, None::<RemoveImageOptions>, None);
    found(removed.await).map(|_| ())
}

/// The images of the set that an archive holds.
fn planned<'s>(
    set: &'s ImageSet,
    manifest: &ArchiveManifest,
    path: &Path,
) -> Result<Vec<&'s PlannedImage>, ImageError> {
    let (mut found, mut others) = (Vec::new(), Vec::new());
    for image in &manifest.images {
        match set.iter().find(|one| one.reference == image.reference) {
            Some(planned) => found.push(planned),
            None => others.push(image.reference.clone()),
        }
    }
    if others.is_empty() {
        return Ok(found);
    }
    Err(ImageError::NotPlanned {
        path: path.to_owned(),
        references: others,
    })
}

/// Waits for work and reports how much was read meanwhile.
async fn watched<T>(work: impl Future<Output = T>, read: &AtomicU64, tell: impl Fn(u64)) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(TICK) => tell(read.load(Ordering::Relaxed)),
        }
    }
}

async fn check_platform(
    docker: &Docker,
    manifest: &ArchiveManifest,
    path: &Path,
) -> Result<(), ImageError> {
    let version = docker
        .version()
        .await
        .map_err(ImageError::engine("tell its version"))?;
    let part = |part: Option<String>| part.unwrap_or_default();
    let engine = format!("{}/{}", part(version.os), part(version.arch));
    if manifest.platform == engine {
        return Ok(());
    }
    Err(ImageError::OtherPlatform {
        path: path.to_owned(),
        archive: manifest.platform.clone(),
        engine,
    })
}

/// How what the engine has under a reference differs from what was saved, if it does.
async fn difference(docker: &Docker, image: &ManifestImage) -> Result<Option<String>, ImageError> {
    Ok(match inspect(docker, &image.reference).await? {
        None => Some("the engine does not have it".to_owned()),
        Some(found) if layers(&found) != image.layers => Some("its layers differ".to_owned()),
        Some(_) => None,
    })
}

/// Streams the engine's part of the archive to it.
async fn send(
    docker: &Docker,
    path: &Path,
    scanned: &Scanned,
    read: Arc<AtomicU64>,
) -> Result<(), ImageError> {
    let (pieces, queue) = mpsc::channel::<io::Result<Bytes>>(QUEUE);
    let (path, skip, known) = (path.to_owned(), scanned.engine_part, scanned.pieces.clone());
    tokio::task::spawn_blocking(move || unpack(path, skip, &known, &read, &pieces));
    let body = futures_util::stream::unfold(queue, async |mut queue| {
        queue.recv().await.map(|piece| (piece, queue))
    });
    let docker = patient(docker);
    let options = ImportImageOptionsBuilder::new().quiet(true).build();
    let mut answers = std::pin::pin!(docker.import_image_stream(options, body, None));
    while let Some(answer) = answers.next().await {
        answer.map_err(ImageError::engine("load the images"))?;
    }
    Ok(())
}

/// Hands over the archive in pieces; an error ends the request, and the engine drops what it has.
fn unpack(
    path: PathBuf,
    skip: u64,
    known: &Hashes,
    read: &AtomicU64,
    pieces: &mpsc::Sender<io::Result<Bytes>>,
) {
    let on_read = |bytes: &[u8]| {
        read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    };
    // If the receiver is gone, the request has ended, with an answer of its own.
    let send = |piece| pieces.blocking_send(Ok(piece)).is_ok();
    let done = open(&path, on_read).map_err(io::Error::other);
    if let Err(error) = done.and_then(|archive| hand_over(archive, known, skip, send)) {
        _ = pieces.blocking_send(Err(error));
    }
}
