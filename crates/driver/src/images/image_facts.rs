//! What is known of an image before it is built. Components bring the facts of their images; there
//! is no list here.

use super::context::BuildContext;

/// What is known of an image before it is built.
#[derive(Debug, Clone, Copy)]
pub struct ImageFacts {
    /// Its name: `wikisentry/<name>` on the engine, `images.<name>.ref` in the settings.
    pub name: &'static str,
    /// The image of ours it is built from; its Dockerfile takes the reference as [`PARENT`].
    pub parent: Option<&'static str>,
    /// Images of ours that it copies from; its Dockerfile takes the reference of each as its
    /// [`argument`].
    pub uses: &'static [&'static str],
    /// Disk that its own layers take, without its parent's, in bytes, measured.
    pub image_bytes: u64,
    /// Whether a container or a pod is made from it. One that nothing runs is only there for what
    /// is built on it.
    pub runs: bool,
    /// The files it is built from, by its name: [`super::embedded::context`], unless it has a
    /// context of its own. None is an error, unless the settings replace the image.
    pub context: fn(&str) -> Option<BuildContext>,
}

impl ImageFacts {
    /// The images of ours that must be there before it is built.
    pub fn needs(&self) -> impl Iterator<Item = &'static str> {
        self.parent.into_iter().chain(self.uses.iter().copied())
    }

    /// The setting that names another image to use in its place.
    pub fn settings_key(&self) -> String {
        format!("images.{}.ref", self.name)
    }
}

/// The build argument that names the parent.
pub const PARENT: &str = "BASE";

/// The build argument that names an image which is copied from: `NATIVE` for `native`.
pub fn argument(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// Where images of ours are kept: `wikisentry/<name>:<tag>`.
pub const REPOSITORY: &str = "wikisentry";

/// The tag that `compose.yaml` and the Dockerfiles fall back to when they are used by hand.
pub const LOCAL_TAG: &str = "local";
