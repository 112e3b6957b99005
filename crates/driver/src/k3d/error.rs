//! What can go wrong with a cluster. The commands add what to do about it.

use super::program::{OLDEST, Version};
use std::path::PathBuf;
use std::time::Duration;

/// Why a cluster could not be brought to what is wanted, or its node not be given an image.
#[derive(Debug, thiserror::Error)]
pub enum K3dError {
    /// There is no program `k3d`.
    #[error("the program {} is not found", program.display())]
    NotInstalled { program: PathBuf },
    /// It is there, and older than what this program drives.
    #[error("{} is version {found}, and {OLDEST} is needed", program.display())]
    TooOld { program: PathBuf, found: Version },
    /// It could not be run, or says no version.
    #[error("cannot use {}: {why}", program.display())]
    Unusable { program: PathBuf, why: String },
    /// What is wanted cannot be; nothing was changed.
    #[error("the cluster {name} cannot be created: {why}")]
    BadSpec { name: String, why: String },
    /// A cluster of that name was made by somebody else. It was left as it is.
    #[error("the cluster {name} was not made by WikiSentry")]
    Foreign { name: String },
    /// A cluster of that name is complete; it is only replaced by deleting it first.
    #[error("there is a cluster {name} already")]
    Exists { name: String },
    /// `k3d` ended with an error.
    #[error("k3d failed to {doing}: {why}")]
    Failed {
        /// What it was asked, in the infinitive.
        doing: String,
        /// What it said of the error, else its last line.
        why: String,
        /// The last lines of the cluster's node, if it got that far.
        node_lines: Vec<String>,
    },
    /// It took longer than it may.
    #[error("k3d did not {doing} in {} s{}", deadline.as_secs(), last(line.as_ref()))]
    Deadline {
        doing: String,
        deadline: Duration,
        /// The last line that `k3d` wrote.
        line: Option<String>,
        /// The last lines of the cluster's node, if it got that far.
        node_lines: Vec<String>,
    },
    /// The engine made the node without its limit of memory.
    #[error(
        "the engine did not limit the memory of {node}: asked for {asked} bytes, found {found}"
    )]
    LimitNotApplied {
        node: String,
        asked: u64,
        /// In bytes; 0 is no limit.
        found: u64,
    },
    /// The nodes run, and the Kubernetes API does not answer.
    #[error("the Kubernetes API at {url} does not answer after {} s: {why}", deadline.as_secs())]
    NoAnswer {
        url: String,
        deadline: Duration,
        why: String,
        /// The last lines of the cluster's node.
        node_lines: Vec<String>,
    },
    /// The node is not there or does not run.
    #[error("the node {node} is {state}")]
    NodeNotRunning {
        node: String,
        /// The engine's word: `missing`, `exited` …
        state: String,
    },
    /// Images are to be loaded that the engine does not have.
    #[error("not on the Docker engine: {}", references.join(", "))]
    NotOnEngine { references: Vec<String> },
    /// A program in the node ended with an error.
    #[error("the node {node} failed to {doing} (exit code {code}): {}", output.last().map_or("it said nothing", String::as_str))]
    InNode {
        node: String,
        doing: String,
        code: i64,
        /// What it wrote last, no more than a few lines.
        output: Vec<String>,
    },
    /// The import said that all went well, and the node does not have the image.
    #[error("{node} does not have {reference} though its import succeeded: {why}")]
    NotVerified {
        node: String,
        reference: String,
        why: String,
    },
    /// The engine refused, or the connection to it failed.
    #[error("the Docker engine failed to {doing}")]
    Engine {
        doing: String,
        #[source]
        source: Box<bollard::errors::Error>,
    },
    /// A file that `k3d` reads could not be written.
    #[error("cannot write a file for k3d")]
    File(#[source] std::io::Error),
}

fn last(line: Option<&String>) -> String {
    line.map(|line| format!(", at: {line}")).unwrap_or_default()
}

impl K3dError {
    /// For `map_err`: what the engine was asked to do.
    pub(super) fn engine(doing: impl Into<String>) -> impl FnOnce(bollard::errors::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Engine {
            doing,
            source: Box::new(source),
        }
    }

    /// Adds what the node wrote, where the failure may come from there.
    pub(super) fn with_node_lines(mut self, lines: Vec<String>) -> Self {
        if let Self::Failed { node_lines, .. }
        | Self::Deadline { node_lines, .. }
        | Self::NoAnswer { node_lines, .. } = &mut self
        {
            *node_lines = lines;
        }
        self
    }
}
