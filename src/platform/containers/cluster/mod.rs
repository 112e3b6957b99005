//! The cluster of the profile k3d and what runs in it: the node, its images, the pods.

mod images;
mod node;

pub(super) use images::NodeImages;
pub(super) use node::ClusterNode;

use super::Containers;
use crate::components::{self, ClusterSettings, Place, Publishing};
use crate::plan::StageName;
use std::collections::BTreeMap;
use wikisentry_driver::docker::{COMPONENT, PLATFORM};
use wikisentry_driver::k3d::{ClusterSpec, LEAN, PublishedNodePort};

pub(super) const CLUSTER: StageName = StageName::new("cluster", "cluster");
pub(super) const NODE_IMAGES: StageName = StageName::new("node-images", "images of the node");

/// For what people are used to reach at a port below 30000.
const NODE_PORTS: &str = "--service-node-port-range=80-32767";

impl Containers {
    /// The cluster as the settings have it.
    pub(super) fn cluster_spec(&self) -> ClusterSpec {
        let settings = &self.parts.site.settings;
        let own = ClusterSettings::of(settings);
        let mut ports = Vec::new();
        for component in components::in_cluster() {
            for port in component.ports {
                if let Publishing::NodePort { node, .. } = port.publishing {
                    let host = port.number(component, settings);
                    ports.push(PublishedNodePort { host, node });
                }
            }
        }
        let project = &self.project.name;
        ClusterSpec {
            name: own.name,
            image: own.image,
            network: format!("{project}_wikisentry"),
            ports,
            node_memory_bytes: own.memory_mib << 20,
            k3s_args: LEAN
                .into_iter()
                .chain([NODE_PORTS])
                .map(str::to_owned)
                .collect(),
            labels: BTreeMap::from([
                (PLATFORM.to_owned(), project.clone()),
                (COMPONENT.to_owned(), "cluster".to_owned()),
            ]),
            api_port: own.port,
        }
    }

    /// The images that pods run.
    pub(super) fn images_of_pods(&self) -> Vec<String> {
        let pods = components::in_cluster().filter(|one| matches!(one.place, Place::Pods(_)));
        let images = pods.filter_map(|one| self.parts.images.get(one.name));
        images.map(|image| image.reference.clone()).collect()
    }
}
