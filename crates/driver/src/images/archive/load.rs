//! Gives the images of an archive to the engine: first looks through the whole file, then sends it,
//! then asks the engine what it has.

use super::scan::{open, scan};
use super::{ArchiveManifest, ArchiveProgress, ManifestImage, OnArchive};
use crate::images::engine::{inspect, layers, name_locally, patient};
use crate::images::error::ImageError;
use crate::images::set::ImageSet;
use bollard::Docker;
use bollard::query_parameters::ImportImageOptionsBuilder;
use bytes::Bytes;
use futures_util::StreamExt;
use serde::Serialize;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// Bytes handed over at a time, and how many pieces may wait.
const PIECE: usize = 256 * 1024;
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
    /// Whether this version, with these settings, runs it.
    pub current: bool,
    /// Whether the engine had it before.
    pub was_present: bool,
}

/// Loads an archive. If the engine has all of it, it is sent nothing.
///
/// # Errors
/// Before anything is changed, if the file is no archive of [`super::save`], is damaged, or is for
/// another kind of machine; and if the engine does not have the images afterwards.
pub async fn load(
    docker: &Docker,
    set: &ImageSet,
    path: &Path,
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
    check_platform(docker, &scanned.manifest, path).await?;

    let mut was_present = Vec::new();
    for image in &scanned.manifest.images {
        was_present.push(difference(docker, image).await?.is_none());
    }
    if was_present.contains(&false) {
        read.store(0, Ordering::Relaxed);
        let sending = send(docker, path, scanned.engine_part, read.clone());
        watched(sending, &read, |done| tell(1, done)).await?;
    }
    let mut loaded = Vec::new();
    for (image, was_present) in scanned.manifest.images.iter().zip(was_present) {
        if let Some(why) = difference(docker, image).await? {
            return Err(ImageError::NotVerified {
                reference: image.reference.clone(),
                why,
            });
        }
        let planned = set
            .iter()
            .find(|planned| planned.reference == image.reference);
        if let Some(planned) = planned {
            name_locally(docker, planned, None).await?;
        }
        loaded.push(LoadedImage {
            name: image.name.clone(),
            reference: image.reference.clone(),
            current: planned.is_some(),
            was_present,
        });
    }
    Ok(loaded)
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
    skip: u64,
    read: Arc<AtomicU64>,
) -> Result<(), ImageError> {
    let (pieces, queue) = mpsc::channel::<io::Result<Bytes>>(QUEUE);
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || unpack(path, skip, &read, &pieces));
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
fn unpack(path: PathBuf, skip: u64, read: &AtomicU64, pieces: &mpsc::Sender<io::Result<Bytes>>) {
    let on_read = |bytes| read.store(bytes, Ordering::Relaxed);
    let failed = match open(&path, on_read) {
        Ok(archive) => hand_over(archive, skip, pieces).err(),
        Err(error) => Some(io::Error::other(error)),
    };
    if let Some(error) = failed {
        _ = pieces.blocking_send(Err(error));
    }
}

fn hand_over(
    mut archive: impl Read,
    skip: u64,
    pieces: &mpsc::Sender<io::Result<Bytes>>,
) -> io::Result<()> {
    io::copy(&mut archive.by_ref().take(skip), &mut io::sink())?;
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        archive
            .by_ref()
            .take(PIECE as u64)
            .read_to_end(&mut piece)?;
        // The receiver is gone: the request has ended, with an answer of its own.
        if piece.is_empty() || pieces.blocking_send(Ok(piece.into())).is_err() {
            return Ok(());
        }
    }
}
