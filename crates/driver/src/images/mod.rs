//! The images of the platform: which there are, whether the Docker engine has them, and how it gets
//! them: built from the contexts in this program, pulled, or loaded from an archive. It does not
//! deal with containers.

mod archive;
mod build;
mod context;
mod dockerfile;
pub mod embedded;
mod engine;
mod ensure;
mod error;
mod event;
#[cfg(test)]
mod folder;
mod image_facts;
mod list;
mod prune;
mod pull;
mod reference;
mod set;
mod trace;

pub use archive::{ArchiveProgress, LoadedImage, OnArchive, Saved, load, save};
pub use context::{BuildContext, ContextFile};
pub(crate) use engine::patient;
pub use engine::{CONTEXT_LABEL, IMAGE_LABEL};
pub use ensure::{ensure, plan};
pub use error::ImageError;
pub use event::{ImageEvent, ImageStep, OnEvent};
pub use image_facts::{ImageFacts, LOCAL_TAG, PARENT, REPOSITORY, argument};
pub(crate) use list::sharing;
pub use list::{EngineDisk, ImageListing, ListedImage, OutdatedImage, PresentImage, list};
pub use prune::{PrunedImage, prune};
pub use reference::is_sha256;
pub use set::{ImageSet, PlannedImage, Recipe};
pub use trace::LOG_LINES;
