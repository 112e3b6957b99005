//! What can go wrong with images. The commands add what to do about it.

use std::path::{Path, PathBuf};

/// Why images could not be built, found, saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A setting gives no reference to an image.
    #[error("{key}: {value:?} names no image; a reference looks like registry/name:tag")]
    BadReference { key: String, value: String },
    /// An embedded context cannot be used as it is; a defect of the program.
    #[error("the build context of {image} is wrong: {why}")]
    BadContext {
        /// Name of the image.
        image: String,
        /// What is wrong with it.
        why: String,
    },
    /// The engine did not do what it was asked.
    #[error("the Docker engine failed to {doing}")]
    Engine {
        /// What it was asked, in the infinitive.
        doing: String,
        #[source]
        source: Box<bollard::errors::Error>,
    },
    /// An image is not on the engine, and the engine cannot get it.
    #[error("the image {reference}, needed for {image}, is not here and cannot be pulled: {why}")]
    Missing {
        /// Name of the image of ours that needs it; itself, if it is replaced.
        image: String,
        reference: String,
        /// What the engine said.
        why: String,
    },
    /// A build began and failed.
    #[error("cannot build the image {image}: {message}")]
    BuildFailed {
        /// Name of the image.
        image: String,
        /// The step that failed, as in the Dockerfile; empty if the engine did not say.
        step: String,
        /// What the engine said.
        message: String,
        /// The last lines that the step wrote, the newest last; at most [`super::LOG_LINES`].
        log: Vec<String>,
        /// The setting that put another image in the place of the parent, if one did.
        replaced_parent: Option<String>,
    },
    /// Some images are not here; nothing tried to get them.
    #[error("not on this engine: {}", references.join(", "))]
    NotPresent { references: Vec<String> },
    /// A file could not be read or written.
    #[error("cannot read or write {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The file is whole, but no archive of `images save`.
    #[error("{} is no archive of images: {why}", path.display())]
    NotAnArchive {
        path: PathBuf,
        /// What it is instead, or what it lacks.
        why: String,
    },
    /// The file was an archive of images and is cut short or changed.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The file is not the one that is meant.
    #[error("{} has SHA-256 {found}", path.display())]
    OtherFile { path: PathBuf, found: String },
    /// The archive holds images that this version with these settings does not run.
    #[error("{} holds what is not to be loaded: {}", path.display(), references.join(", "))]
    NotPlanned {
        path: PathBuf,
        references: Vec<String>,
    },
    /// The images in the archive are for another kind of machine.
    #[error("{} holds images for {archive}, the Docker engine runs {engine}", path.display())]
    OtherPlatform {
        path: PathBuf,
        /// Operating system and architecture of the images.
        archive: String,
        /// Those of the engine.
        engine: String,
    },
    /// The engine has something else than was built or loaded.
    #[error("{reference} is not what it should be: {why}")]
    NotVerified { reference: String, why: String },
}

impl ImageError {
    /// For `map_err`: what the engine was asked to do.
    pub(super) fn engine(doing: impl Into<String>) -> impl FnOnce(bollard::errors::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Engine {
            doing,
            source: Box::new(source),
        }
    }

    /// For `map_err`: the file that was read or written.
    pub(super) fn file(path: &Path) -> impl Fn(std::io::Error) -> Self + Copy {
        move |source| Self::File {
            path: path.to_owned(),
            source,
        }
    }
}
