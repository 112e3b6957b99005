//! Flink: classifies the edits with the core inside of it, archives them, and raises alerts.

mod job;
mod probe;
mod release;
mod rest;
mod settings;
mod way;

use super::{Component, Image, Place, Port, Publishing, SecretValues, Site, Workload};
use crate::config::Size;
use wikisentry_driver::kube::WorkloadKind;
use wikisentry_driver::s3::Access;

pub(super) static FLINK: Component = Component {
    name: "flink",
    purpose: "classifies, archives and alerts",
    depends_on: &["kafka", "minio", "cluster"],
    place: Place::Pods(&[
        Workload {
            kind: WorkloadKind::Deployment,
            name: "flink-jobmanager",
            memory: "jobmanager_memory_mib",
            replicas: None,
        },
        Workload {
            kind: WorkloadKind::Deployment,
            name: "flink-taskmanager",
            memory: "taskmanager_memory_mib",
            replicas: Some("taskmanagers"),
        },
    ]),
    image: Some(Image {
        parent: Some("base"),
        bytes: 230_000_000,
        uses: &["native"],
        ..Image::EMBEDDED
    }),
    ports: &[Port {
        name: "flink",
        key: "port",
        publishing: Publishing::NodePort {
            node: 30_081,
            service: 8081,
        },
        url: "http://{}",
    }],
    templates: &[
        ("pod.yaml", include_str!("templates/pod.yaml.j2")),
        ("access.yaml", include_str!("templates/access.yaml.j2")),
        (
            "jobmanager.yaml",
            include_str!("templates/jobmanager.yaml.j2"),
        ),
        (
            "taskmanager.yaml",
            include_str!("templates/taskmanager.yaml.j2"),
        ),
    ],
    values: job::values,
    rollout: Some(release::STEPS),
    secrets,
    defaults: include_str!("defaults.toml"),
    of_size: &[
        (Size::Small, "slots", 1),
        (Size::Small, "taskmanager_memory_mib", 640),
        (Size::Large, "slots", 4),
        (Size::Large, "taskmanager_memory_mib", 2048),
    ],
    measured: include_str!("measured.toml"),
    check: settings::check,
    probe: || Box::new(probe::JobProbe),
    store_access: &[
        ("edits/", Access::ReadWrite),
        ("labels/", Access::ReadWrite),
        ("flink/", Access::ReadWrite),
        ("models/", Access::Read),
    ],
    ..Component::PLAIN
};

fn secrets(site: &Site) -> Vec<(&'static str, SecretValues)> {
    let own = |store| site.secrets.password(store, "flink").to_owned();
    let Some(foreign) = &site.foreign else {
        let values = [("kafka", own("kafka")), ("s3", own("minio"))];
        return vec![("flink", SecretValues::from(values))];
    };
    let (kafka, store) = (&foreign.kafka, &foreign.store);
    let password = kafka
        .account
        .as_ref()
        .map(|account| account.password.clone());
    let secret_key = store.credentials.secret_key.clone();
    let values = [("kafka", password.unwrap_or_default()), ("s3", secret_key)];
    let ca = [
        ("kafka.pem", &kafka.security.ca),
        ("s3.pem", &store.address.ca),
    ];
    let ca = ca
        .into_iter()
        .filter_map(|(name, ca)| Some((name, ca.clone()?)));
    let ca: SecretValues = ca.collect();
    let all = [("flink", SecretValues::from(values)), ("flink-ca", ca)];
    all.into_iter()
        .filter(|(_, values)| !values.is_empty())
        .collect()
}
