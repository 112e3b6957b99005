//! The images in the node's own store, which pods are made from. They are brought in from the Docker
//! engine; no registry is asked.
//!
//! The store is asked with `ctr`, which the node's image has; its answer, not the end of an import,
//! says whether an image is there.

mod exec;
mod load;
mod prune;
mod store;

use crate::docker::Engine;

pub use store::NodeImage;

/// The node of a cluster.
#[derive(Debug, Clone)]
pub struct Node {
    engine: Engine,
    /// The name of its container.
    name: String,
}

impl Node {
    /// The node in the container `name`: [`super::ClusterSpec::server`].
    pub fn new(engine: &Engine, name: impl Into<String>) -> Self {
        Self {
            engine: engine.clone(),
            name: name.into(),
        }
    }
}
