//! Writes the archive. The file appears whole under its name, or not at all.

use super::{ArchiveManifest, ArchiveProgress, FORMAT, MANIFEST, ManifestImage, OnArchive};
use crate::images::engine::{find, layers, patient};
use crate::images::error::ImageError;
use crate::images::list::sharing;
use crate::images::set::{ImageSet, PlannedImage};
use bollard::Docker;
use bollard::models::ImageInspect;
use bytes::Bytes;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use std::fs::{File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

/// zstd's own default: layers of programs come down to a third, at a few hundred megabytes a
/// second.
const LEVEL: i32 = 3;

/// Pieces that may wait for the compressor.
const QUEUE: usize = 16;

/// An archive that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// What is in it.
    pub references: Vec<String>,
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// Writes all images of the set to `path`, in the place of a file that is there.
///
/// # Errors
/// If an image is not on the engine, or the file cannot be written.
pub async fn save(
    docker: &Docker,
    set: &ImageSet,
    path: &Path,
    on_progress: OnArchive<'_>,
) -> Result<Saved, ImageError> {
    let images = all_present(docker, set).await?;
    let inspected: Vec<&ImageInspect> = images.iter().map(|(_, found)| found).collect();
    let total = sharing(&inspected);
    let manifest = manifest(&images);
    let references: Vec<String> = images
        .iter()
        .map(|(image, _)| image.reference.clone())
        .collect();
    let names: Vec<&str> = references.iter().map(String::as_str).collect();

    let (pieces, queue) = mpsc::channel::<Bytes>(QUEUE);
    let target = path.to_owned();
    let writer = tokio::task::spawn_blocking(move || write(&target, &manifest, queue));
    let docker = patient(docker);
    let mut export = std::pin::pin!(docker.export_images(&names));
    let mut done = 0;
    let mut failed = None;
    while let Some(piece) = export.next().await {
        match piece {
            Ok(piece) => {
                done += piece.len() as u64;
                // The writer has ended; its result says why.
                if pieces.send(piece).await.is_err() {
                    break;
                }
                on_progress(ArchiveProgress {
                    step: 0,
                    done,
                    // The archive may be a little larger than the images.
                    total: total.max(done),
                });
            }
            Err(error) => {
                failed = Some(ImageError::engine("hand out the images")(error));
                break;
            }
        }
    }
    // An empty piece tells the writer to finish; a channel that closes without one, to give up.
    if failed.is_none() {
        _ = pieces.send(Bytes::new()).await;
    }
    drop(pieces);
    let file_error = ImageError::file(path);
    let written = writer.await.map_err(io::Error::other).map_err(file_error)?;
    match failed {
        Some(error) => Err(error),
        None => {
            let (bytes, sha256) = written.map_err(file_error)?;
            Ok(Saved {
                references,
                bytes,
                sha256,
            })
        }
    }
}

async fn all_present<'s>(
    docker: &Docker,
    set: &'s ImageSet,
) -> Result<Vec<(&'s PlannedImage, ImageInspect)>, ImageError> {
    let mut present = Vec::new();
    let mut missing = Vec::new();
    for image in set.iter() {
        if image.reference.contains('@') {
            // What is saved by a digest has no name when it is loaded.
            return Err(ImageError::BadReference {
                key: image.facts.settings_key(),
                value: format!("{} (a digest cannot be saved)", image.reference),
            });
        }
        match find(docker, image).await? {
            Some(found) => present.push((image, found)),
            None => missing.push(image.reference.clone()),
        }
    }
    if missing.is_empty() {
        return Ok(present);
    }
    Err(ImageError::NotPresent {
        references: missing,
    })
}

fn manifest(images: &[(&PlannedImage, ImageInspect)]) -> ArchiveManifest {
    let platform = images.first().map(|(_, found)| {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        format!("{}/{}", part(&found.os), part(&found.architecture))
    });
    let images = images.iter().map(|(image, found)| ManifestImage {
        name: image.facts.name.to_owned(),
        reference: image.reference.clone(),
        layers: layers(found).to_vec(),
    });
    ArchiveManifest {
        format: FORMAT,
        platform: platform.unwrap_or_default(),
        images: images.collect(),
    }
}

/// Compresses what comes through the queue; answers the size of the file and its SHA-256.
fn write(
    path: &Path,
    manifest: &ArchiveManifest,
    mut queue: mpsc::Receiver<Bytes>,
) -> io::Result<(u64, String)> {
    let hashed = Hashed {
        file: beside(path)?,
        hash: Sha256::new(),
    };
    let mut encoder = zstd::Encoder::new(BufWriter::new(hashed), LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.write_all(&entry(manifest)?)?;
    loop {
        match queue.blocking_recv() {
            Some(piece) if piece.is_empty() => break,
            Some(piece) => encoder.write_all(&piece)?,
            None => return Err(io::Error::other("interrupted")),
        }
    }
    let Hashed {
        file: temporary,
        hash,
    } = encoder
        .finish()?
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    temporary.as_file().sync_all()?;
    let file: File = temporary.persist(path).map_err(|error| error.error)?;
    // The new name must survive a loss of power too.
    File::open(folder(path))?.sync_all()?;
    Ok((file.metadata()?.len(), hex::encode(hash.finalize())))
}

/// A file, and the hash of what was written to it.
struct Hashed {
    file: NamedTempFile,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file in the same folder, so that it can be renamed; it is deleted otherwise.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut builder = tempfile::Builder::new();
    let prefix = format!(".{name}.");
    builder.prefix(&prefix);
    // An archive holds no secret, and is for others to read; the umask still applies.
    builder.permissions(Permissions::from_mode(0o666));
    builder.tempfile_in(folder(path))
}

fn folder(path: &Path) -> &Path {
    let folder = path.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Our manifest as the first entry of an archive that goes on.
pub(super) fn entry(manifest: &ArchiveManifest) -> io::Result<Vec<u8>> {
    let content = serde_json::to_vec(manifest)?;
    let mut header = tar::Header::new_ustar();
    header.set_path(MANIFEST)?;
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let mut entry = header.as_bytes().to_vec();
    entry.extend_from_slice(&content);
    entry.resize(entry.len().next_multiple_of(512), 0);
    Ok(entry)
}
