//! The images of pods, copied from the Docker engine into the node: pods pull none.

use super::super::Containers;
use crate::advice;
use crate::error::{Error, Result};
use futures_util::future::BoxFuture;
use std::time::Duration;
use wikisentry_driver::converge::{Change, Converge, OnWork, Verb};
use wikisentry_driver::docker::Engine;
use wikisentry_driver::k3d::{NODE_IMAGE, Node};

/// The images, to be in the node.
pub(in crate::platform::containers) struct NodeImages<'a> {
    pub(in crate::platform::containers) engine: &'a Engine,
    pub(in crate::platform::containers) containers: &'a Containers,
}

impl NodeImages<'_> {
    fn node(&self) -> Node {
        Node::new(self.engine, self.containers.cluster_spec().server())
    }
}

impl Converge for NodeImages<'_> {
    type Error = Error;

    fn key(&self) -> &'static str {
        "node-images"
    }

    fn needs(&self) -> Vec<&'static str> {
        vec!["cluster"]
    }

    fn deadline(&self) -> Option<Duration> {
        // Copying takes as long as the disk is slow.
        None
    }

    fn plan(&self, has_needs: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async move {
            let references = self.containers.images_of_pods();
            if !has_needs {
                let missing = references.into_iter();
                let missing = missing.map(|one| Change::new(Verb::Create, NODE_IMAGE, one));
                return Ok(missing.collect());
            }
            let planned = self.node().plan(&references).await;
            planned.map_err(advice::k3d)
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            let references = self.containers.images_of_pods();
            let done = self.node().load(&references, on_work).await;
            done.map_err(advice::k3d)
        })
    }
}
