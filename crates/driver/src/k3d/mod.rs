//! A k3d cluster: one Kubernetes node in a container, and a load balancer that publishes its ports on
//! 127.0.0.1. The program `k3d` creates, starts and deletes it; what there is of it is asked of the
//! Docker engine, which is always the one that the rest of this crate talks to.
//!
//! A cluster without our label is never touched. What runs in a cluster is no matter of this module,
//! but for the images that its node has.

mod cluster;
mod config;
mod error;
mod kubeconfig;
mod log_line;
mod node;
mod observed;
mod program;
mod spec;

pub use error::K3dError;
pub use node::{Node, NodeImage};
pub use observed::{ClusterNode, NodeState, Observed, OurCluster, Role};
pub use program::{K3d, OLDEST, Version};
pub use spec::{ADDRESS, CLUSTER_LABEL, ClusterSpec, LEAN, PublishedNodePort};

/// What a cluster is among the things that are brought to a wanted state.
pub const CLUSTER: &str = "cluster";

/// An image in the store of a cluster's node.
pub const NODE_IMAGE: &str = "node image";
