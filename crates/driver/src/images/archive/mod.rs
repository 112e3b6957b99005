//! All images in one file, to carry to a machine without network: the archive that `docker save`
//! makes, compressed with zstd, with a manifest of ours as its first entry. `docker load` takes it
//! too, but only [`load`] looks at the whole file before it begins and at the images after it.

mod content;
mod load;
mod pieces;
mod save;
mod scan;

pub use load::{LoadedImage, load};
pub use save::{Saved, save};

use serde::{Deserialize, Serialize};

/// Name of our entry.
const MANIFEST: &str = "wikisentry-images.json";

/// The only format there is.
const FORMAT: u32 = 1;

/// What is in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ArchiveManifest {
    /// [`FORMAT`] of the version that wrote it.
    format: u32,
    /// Operating system and architecture, as Go and the engine call them.
    platform: String,
    images: Vec<ManifestImage>,
}

/// One image in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ManifestImage {
    /// Its name in the platform.
    name: String,
    /// The reference that containers use.
    reference: String,
    /// SHA-256 of each layer, uncompressed, the lowest first: the content of an image by which it
    /// is known on every engine. Its id is not, since engines differ in what they make it from.
    layers: Vec<String>,
}

/// How much of an archive is processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchiveProgress {
    /// [`save`] has one step, 0: the engine hands out the images. [`load`] has two: 0 checks the
    /// file, 1 gives it to the engine.
    pub step: usize,
    pub done: u64,
    /// Bytes in all: of the file, or of the images as the engine counts them.
    pub total: u64,
}

pub type OnArchive<'a> = &'a (dyn Fn(ArchiveProgress) + Send + Sync);
