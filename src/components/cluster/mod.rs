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
        let own = ClusterSettings::of(&site.settings);
        Ok(match &site.foreign {
            // How much there is of it is for its administrator to share out.
            Some(foreign) => json!({
                "makes_namespace": foreign.settings.create_namespace,
                "has_policies": foreign.settings.network_policies,
            }),
            None => json!({
                "makes_namespace": true, "has_policies": true, "pods_mib": own.pods_mib(),
            }),
        })
    },
    for_pods: Some(|site| match &site.foreign {
        Some(foreign) => json!({
            "has_policies": foreign.settings.network_policies, "networks": foreign.settings.egress,
        }),
        None => json!({"has_policies": true, "subnet": site.settings.docker.subnet}),
    }),
    defaults: include_str!("defaults.toml"),
    measured: include_str!("measured.toml"),
    check: settings::check,
    ..Component::PLAIN
};
