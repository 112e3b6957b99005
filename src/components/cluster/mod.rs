//! The cluster: one k3d node on the network of the containers, and what all pods in it share.

mod settings;

pub use settings::ClusterSettings;

use super::{Component, Place, Port, Publishing};
use serde_json::json;

pub(super) static CLUSTER: Component = Component {
    name: "cluster",
    purpose: "Kubernetes, for the pods",
    place: Place::Cluster,
    ports: &[Port {
        name: "kubernetes",
        key: "port",
        publishing: Publishing::KubernetesApi,
        url: "https://{}",
    }],
    templates: &[
        (
            "namespace.yaml",
            include_str!("templates/namespace.yaml.j2"),
        ),
        ("network.yaml", include_str!("templates/network.yaml.j2")),
    ],
    values: |site| {
        let settings = ClusterSettings::of(&site.settings);
        Ok(json!({"pods_mib": settings.pods_mib()}))
    },
    for_pods: Some(|site| json!({"subnet": site.settings.docker.subnet})),
    defaults: include_str!("defaults.toml"),
    measured: include_str!("measured.toml"),
    check: settings::check,
    ..Component::PLAIN
};
