//! MinIO: the object store of the lake, the models and the data sets.

mod access;
mod advice;
mod contents;
mod probe;
mod settings;

use super::{Component, Image, Port, REQUEST, Site, Variable, local};
use crate::error::Result;
use settings::MinioSettings;
use wikisentry_driver::s3::{Credentials, S3};

const ROOT: &str = "wikisentry";

pub(super) static MINIO: Component = Component {
    name: "minio",
    purpose: "the lake and the models",
    image: Image {
        parent: Some("base"),
        bytes: 115_000_000,
        ..Component::PLAIN.image
    },
    ports: &[
        Port {
            name: "s3",
            key: "port",
            variable: "WIKISENTRY_MINIO_S3_PORT",
            url: "http://{}",
        },
        Port {
            name: "minio-console",
            key: "console_port",
            variable: "WIKISENTRY_MINIO_CONSOLE_PORT",
            url: "http://{}",
        },
    ],
    variables: &[Variable::mib("WIKISENTRY_MINIO_MEMORY", "memory_mib")],
    compose: include_str!("compose.yaml"),
    defaults: include_str!("defaults.toml"),
    measured: include_str!("measured.toml"),
    check: settings::check,
    accounts: access::accounts,
    provisions: |site| vec![Box::new(contents::Contents { site })],
    probe: || Box::new(probe::BucketProbe),
    ..Component::PLAIN
};

/// The store as its administrator, as this machine reaches it.
fn client(site: &Site) -> Result<S3> {
    let port = MinioSettings::of(&site.settings).port;
    let credentials = Credentials {
        access_key: ROOT.to_owned(),
        secret_key: site.secrets.password("minio", ROOT).to_owned(),
    };
    Ok(S3::new(local(port)?, credentials, REQUEST)?)
}
