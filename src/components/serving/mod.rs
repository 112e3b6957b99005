//! Serving: an HTTP API in pods that scores and explains raw events with the champion.

mod settings;

use super::{Component, Image, Place, Port, Publishing, SecretValues, Site, Workload};
use crate::config::Size;
use serde_json::json;
use wikisentry_driver::kube::WorkloadKind;
use wikisentry_driver::s3::Access;

pub(super) static SERVING: Component = Component {
    name: "serving",
    purpose: "scores and explains raw events",
    depends_on: &["minio", "cluster"],
    place: Place::Pods(&[Workload {
        kind: WorkloadKind::Deployment,
        name: "serving",
        memory: "memory_mib",
        replicas: Some("replicas"),
    }]),
    image: Some(Image {
        parent: Some("base"),
        bytes: 90_000_000,
        uses: &["native"],
        ..Image::EMBEDDED
    }),
    ports: &[Port {
        name: "serving",
        key: "port",
        publishing: Publishing::NodePort {
            node: 30_800,
            service: 8000,
        },
        url: "http://{}",
    }],
    templates: &[("serving.yaml", include_str!("templates/serving.yaml.j2"))],
    values: |site| {
        let model = &site.settings.model;
        Ok(json!({"model": model.name, "score_bots": model.score_bots}))
    },
    secrets,
    defaults: include_str!("defaults.toml"),
    of_size: &[
        (Size::Small, "replicas", 1),
        (Size::Small, "memory_mib", 192),
        (Size::Large, "replicas", 4),
    ],
    measured: include_str!("measured.toml"),
    check: settings::check,
    store_access: &[("models/", Access::Read)],
    ..Component::PLAIN
};

fn secrets(site: &Site) -> Vec<(&'static str, SecretValues)> {
    let Some(foreign) = &site.foreign else {
        let password = site.secrets.password("minio", "serving").to_owned();
        return vec![("serving", SecretValues::from([("s3", password)]))];
    };
    let store = &foreign.store;
    let secret_key = store.credentials.secret_key.clone();
    let mut all = vec![("serving", SecretValues::from([("s3", secret_key)]))];
    if let Some(ca) = &store.address.ca {
        all.push(("serving-ca", SecretValues::from([("s3.pem", ca.clone())])));
    }
    all
}
