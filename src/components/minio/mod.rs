//! MinIO: the object store of the lake, the models and the data sets.

mod access;
mod advice;
mod contents;
mod probe;
mod settings;

use super::{Component, ForeignStore, Image, Port, Publishing, REQUEST, Site, Variable, local};
use crate::error::{ExpectedError, Result};
use crate::text::harmless;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::{Value, json};
use settings::MinioSettings;
use std::sync::Arc;
use wikisentry_driver::Account;
use wikisentry_driver::s3::{self, Credentials, S3, StoreAddress};

const ROOT: &str = "wikisentry";

/// What to look at if a bucket of others does not do as it should.
const TRY: &str = "is it there, and may the key list, write and delete in it? docs/KUBERNETES.md has \
                   the rights; are kubernetes.s3.region and .path_style right?";

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
    provisions: |site| match site.is_foreign() {
        // Buckets and users are theirs to make.
        true => Vec::new(),
        false => vec![Box::new(contents::Contents { site })],
    },
    probe: || Box::new(probe::BucketProbe),
    for_pods: Some(for_pods),
    objects: Some(|site| Box::pin(objects(site))),
    reach: Some(|site, writes| Box::pin(reach(site, writes))),
    account: Some(|foreign| {
        let credentials = foreign.store.credentials.clone();
        Some(Account {
            user: credentials.access_key,
            password: credentials.secret_key,
        })
    }),
    ..Component::PLAIN
};

/// The bucket of the lake, the models and the data sets.
pub(super) fn bucket(site: &Site) -> String {
    match &site.foreign {
        Some(foreign) => foreign.store.bucket.clone(),
        None => MinioSettings::of(&site.settings).bucket,
    }
}

/// How pods reach it.
fn for_pods(site: &Site) -> Value {
    let bucket = bucket(site);
    let Some(foreign) = &site.foreign else {
        return json!({
            "host": "minio", "url": "http://minio:9000", "port": 9000, "bucket": bucket,
            "region": s3::REGION, "has_ca": false,
        });
    };
    let ForeignStore {
        address,
        credentials,
        ..
    } = &foreign.store;
    json!({
        "url": address.url.as_str().trim_end_matches('/'),
        "bucket": bucket,
        "region": address.region,
        "path_style": address.path_style,
        "user": credentials.access_key,
        "has_ca": address.ca.is_some(),
    })
}

/// Where it is for this machine, and as whom: of several users of ours as this one.
fn way(site: &Site, user: &str) -> Result<(StoreAddress, Credentials)> {
    if let Some(foreign) = &site.foreign {
        let ForeignStore {
            address,
            credentials,
            ..
        } = &foreign.store;
        return Ok((address.clone(), credentials.clone()));
    }
    let credentials = Credentials {
        access_key: user.to_owned(),
        secret_key: site.secrets.password("minio", user).to_owned(),
    };
    let port = MinioSettings::of(&site.settings).port;
    Ok((StoreAddress::own(local(port)?), credentials))
}

/// The objects of the bucket, as this program's own user.
async fn objects(site: &Site) -> Result<Arc<dyn ObjectStore>> {
    let (user, _) = access::CLI;
    let (address, credentials) = way(site, user)?;
    // Whether it answers is said here, in one way for all that is done with the objects.
    let store = S3::new(&address, credentials.clone(), REQUEST)?;
    store.check().await.map_err(advice::of(site))?;
    let objects = s3::objects(&address, &credentials, &bucket(site), REQUEST);
    objects.map_err(advice::of(site))
}

/// The store as its administrator, as this machine reaches it.
fn client(site: &Site) -> Result<S3> {
    let (address, credentials) = way(site, ROOT)?;
    Ok(S3::new(&address, credentials, REQUEST)?)
}

/// Whether a store of others takes us, and shows its bucket; with `writes`, whether that takes what we
/// write.
async fn reach(site: &Site, writes: bool) -> Result<String> {
    let objects = objects(site).await?;
    let bucket = bucket(site);
    if !writes {
        let shown = objects.list_with_delimiter(None).await;
        shown.map_err(|error| {
            ExpectedError::preflight(format!("the bucket {bucket} does not show what it holds"))
                .because(harmless(&error.to_string()))
                .help(TRY)
        })?;
        return Ok(format!("the bucket {bucket} is there"));
    }
    let key = Path::from(format!("staging/try-{:08x}", rand::random::<u32>()));
    let refused = |error: object_store::Error| {
        ExpectedError::preflight(format!("the bucket {bucket} does not take what is written"))
            .because(harmless(&error.to_string()))
            .help(TRY)
    };
    let written = objects.put(&key, "wikisentry".into()).await;
    written.map_err(refused)?;
    objects.delete(&key).await.map_err(refused)?;
    Ok(format!("the bucket {bucket} takes what is written"))
}
