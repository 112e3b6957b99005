//! MinIO: the object store of the lake, the models and the data sets.

mod access;
mod advice;
mod contents;
mod probe;
mod settings;

use super::{Component, Image, Port, Publishing, REQUEST, Site, Variable, local};
use crate::error::Result;
use object_store::ObjectStore;
use serde_json::json;
use settings::MinioSettings;
use std::sync::Arc;
use wikisentry_driver::s3::{self, Credentials, S3};

const ROOT: &str = "wikisentry";

pub(super) static MINIO: Component = Component {
    name: "minio",
    purpose: "the lake and the models",
    image: Some(Image {
        parent: Some("base"),
        bytes: 115_000_000,
        ..Image::EMBEDDED
    }),
    ports: &[
        Port {
            name: "s3",
            key: "port",
            publishing: Publishing::Variable("WIKISENTRY_MINIO_S3_PORT"),
            url: "http://{}",
        },
        Port {
            name: "minio-console",
            key: "console_port",
            publishing: Publishing::Variable("WIKISENTRY_MINIO_CONSOLE_PORT"),
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
    for_pods: Some(|site| {
        let bucket = MinioSettings::of(&site.settings).bucket;
        json!({"host": "minio", "port": 9000, "bucket": bucket, "region": s3::REGION})
    }),
    objects: Some(|site| Box::pin(objects(site))),
    ..Component::PLAIN
};

/// The objects of the bucket, as this program's own user.
async fn objects(site: &Site) -> Result<Arc<dyn ObjectStore>> {
    let settings = MinioSettings::of(&site.settings);
    let (user, _) = access::CLI;
    let credentials = Credentials {
        access_key: user.to_owned(),
        secret_key: site.secrets.password("minio", user).to_owned(),
    };
    let endpoint = local(settings.port)?;
    // Whether it answers is said here, in one way for all that is done with the objects.
    let store = S3::new(endpoint.clone(), credentials.clone(), REQUEST)?;
    store.check().await.map_err(advice::of)?;
    let objects = s3::objects(&endpoint, &credentials, &settings.bucket, REQUEST);
    objects.map_err(advice::of)
}

/// The store as its administrator, as this machine reaches it.
fn client(site: &Site) -> Result<S3> {
    let port = MinioSettings::of(&site.settings).port;
    let credentials = Credentials {
        access_key: ROOT.to_owned(),
        secret_key: site.secrets.password("minio", ROOT).to_owned(),
    };
    Ok(S3::new(local(port)?, credentials, REQUEST)?)
}
