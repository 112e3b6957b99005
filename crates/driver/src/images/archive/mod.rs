//! All images in one file, to carry to a machine without network: the archive that `docker save`
//! makes, compressed with zstd, with a manifest of ours as its first entry. `docker load` takes it
//! too, but only [`load`] looks at the whole file before it begins and at the images after it.

mod load;
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
pub enum ArchiveProgress {
    /// Bytes that the engine exported.
    Saving {
        done: u64,
        /// As the engine counts the images; the archive may be a little larger.
        total: u64,
    },
    /// Bytes of the file that were read and are intact.
    Checking {
        done: u64,
        /// Size of the file.
        total: u64,
    },
    /// Bytes of the file that the engine took.
    Loading {
        done: u64,
        /// Size of the file.
        total: u64,
    },
}

pub type OnArchive<'a> = &'a (dyn Fn(ArchiveProgress) + Send + Sync);
