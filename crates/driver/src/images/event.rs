//! What building and pulling images tells about itself while it goes on.

use std::time::Duration;

/// One thing that happened to one image of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageEvent {
    /// It is not here and is going to be built or pulled.
    Started {
        /// Name of the image.
        image: &'static str,
        /// What it will be called.
        reference: String,
    },
    /// An image is being pulled: itself, or one that it is built from.
    Pulling {
        /// Name of the image.
        image: &'static str,
        /// What is pulled.
        reference: String,
        /// Bytes here, of the layers that are known so far.
        done: u64,
        /// Bytes of those layers.
        total: u64,
    },
    /// The build came further.
    Building {
        /// Name of the image.
        image: &'static str,
        /// Where it is.
        progress: BuildProgress,
    },
    /// It is here.
    Ready {
        /// Name of the image.
        image: &'static str,
        /// How it came here.
        outcome: ImageOutcome,
        /// How long that took.
        elapsed: Duration,
    },
}

impl ImageEvent {
    /// Name of the image that it is about.
    pub fn image(&self) -> &'static str {
        match self {
            Self::Started { image, .. }
            | Self::Pulling { image, .. }
            | Self::Building { image, .. }
            | Self::Ready { image, .. } => image,
        }
    }
}

/// Where a build is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildProgress {
    /// Steps of the Dockerfile that are done or came from the layer cache.
    pub done: usize,
    /// Steps that are known so far.
    pub total: usize,
    /// What runs right now, as in the Dockerfile; empty before the first step.
    pub step: String,
    /// The last line that it wrote.
    pub line: Option<String>,
}

/// How an image came to be on the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageOutcome {
    /// It was here already.
    Present,
    /// It was built, perhaps from the layer cache.
    Built,
    /// It was pulled from a registry.
    Pulled,
}

/// Where events go; called from one task at a time.
pub type OnEvent<'a> = &'a (dyn Fn(ImageEvent) + Send + Sync);
