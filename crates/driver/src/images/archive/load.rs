//! Gives the images of an archive to the engine: first looks through the whole file, then sends it,
//! then asks the engine what it has.

use super::scan::{Scanned, open, scan};
use super::{ArchiveManifest, ArchiveProgress, ManifestImage, OnArchive};
use crate::images::engine::{find, inspect, layers, name_locally, patient};
use crate::images::error::ImageError;
use crate::images::set::{ImageSet, PlannedImage};
use bollard::Docker;
use bollard::query_parameters::ImportImageOptionsBuilder;
use bytes::Bytes;
use futures_util::StreamExt;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
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
    if was_present.contains(&false) {
        read.store(0, Ordering::Relaxed);
        let sending = send(docker, path, &scanned, read.clone());
        watched(sending, &read, |done| tell(1, done)).await?;
    }
    let mut loaded = Vec::new();
    let images = scanned.manifest.images.iter().zip(planned);
    for ((image, planned), was_present) in images.zip(was_present) {
        let mut why = difference(docker, image).await?;
        // It has the layers; its labels say what it was built from.
        if why.is_none() && find(docker, planned).await?.is_none() {
            why = Some("it was built from something else".to_owned());
        }
        if let Some(why) = why {
            return Err(ImageError::NotVerified {
                reference: image.reference.clone(),
                why,
            });
        }
        name_locally(docker, planned, None).await?;
        loaded.push(LoadedImage {
            name: planned.facts.name.to_owned(),
            reference: image.reference.clone(),
            was_present,
        });
    }
    Ok(loaded)
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
    let (path, skip, sha256) = (path.to_owned(), scanned.engine_part, scanned.sha256.clone());
    tokio::task::spawn_blocking(move || unpack(path, skip, &sha256, &read, &pieces));
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
/// So does a file that was changed since it was scanned: the last piece is held back until that is
/// known.
fn unpack(
    path: PathBuf,
    skip: u64,
    sha256: &str,
    read: &AtomicU64,
    pieces: &mpsc::Sender<io::Result<Bytes>>,
) {
    let hash = RefCell::new(Sha256::new());
    let on_read = |bytes: &[u8]| {
        hash.borrow_mut().update(bytes);
        read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    };
    let rest = match open(&path, on_read) {
        Ok(archive) => hand_over(archive, skip, pieces),
        Err(error) => Err(io::Error::other(error)),
    };
    let rest = rest.and_then(|rest| match hex::encode(hash.take().finalize()) == sha256 {
        true => Ok(rest),
        false => Err(io::Error::other("the file was changed meanwhile")),
    });
    _ = pieces.blocking_send(rest);
}

/// All but the last piece, which is the answer.
fn hand_over(
    mut archive: impl Read,
    skip: u64,
    pieces: &mpsc::Sender<io::Result<Bytes>>,
) -> io::Result<Bytes> {
    io::copy(&mut archive.by_ref().take(skip), &mut io::sink())?;
    let mut last = Bytes::new();
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        archive
            .by_ref()
            .take(PIECE as u64)
            .read_to_end(&mut piece)?;
        if piece.is_empty() {
            return Ok(last);
        }
        let before = std::mem::replace(&mut last, piece.into());
        if !before.is_empty() && pieces.blocking_send(Ok(before)).is_err() {
            // The receiver is gone: the request has ended, with an answer of its own.
            return Ok(last);
        }
    }
}
