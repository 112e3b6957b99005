//! Buckets and users: one bucket, and for each part of the platform a user that may do what it
//! needs and nothing else.

use super::ROOT;
use super::settings::MinioSettings;
use crate::components::{self, Site};
use wikisentry_driver::s3::{Access, BucketSpec, Credentials, Grant, LifecycleRule, UserSpec};

/// This program's own user, and what it may do with which keys of the bucket: it keeps the registry,
/// and merges small files of the lake.
pub(super) const CLI: (&str, &[(&str, Access)]) = (
    "cli",
    &[
        ("", Access::Read),
        ("models/", Access::ReadWrite),
        ("edits/", Access::ReadWrite),
        ("compaction/", Access::ReadWrite),
    ],
);

/// Every user and what it may do.
fn users() -> impl Iterator<Item = (&'static str, &'static [(&'static str, Access)])> {
    let components = components::all().iter();
    let own = components.map(|component| (component.name, component.store_access));
    own.filter(|(_, access)| !access.is_empty()).chain([CLI])
}

/// The administrator, then the users.
pub(super) fn accounts() -> Vec<&'static str> {
    let users = users().map(|(user, _)| user);
    std::iter::once(ROOT).chain(users).collect()
}

/// The buckets as they should be.
pub(super) fn buckets(site: &Site) -> Vec<BucketSpec> {
    let rule = |id: &str, prefix: &str, expire_days, noncurrent_days| LifecycleRule {
        id: id.to_owned(),
        prefix: prefix.to_owned(),
        expire_days,
        noncurrent_days,
    };
    vec![BucketSpec {
        name: MinioSettings::of(&site.settings).bucket,
        // A champion that was overwritten can be had back.
        versioning: true,
        lock: true,
        lifecycle: vec![
            rule("old-versions", "", None, Some(7)),
            rule("staging", "staging/", Some(2), None),
        ],
    }]
}

/// The users as they should be.
pub(super) fn user_specs(site: &Site) -> Vec<UserSpec> {
    let bucket = MinioSettings::of(&site.settings).bucket;
    let grant = |&(prefix, access): &(&str, Access)| Grant {
        bucket: bucket.clone(),
        prefix: prefix.to_owned(),
        access,
    };
    users()
        .map(|(user, access)| UserSpec {
            credentials: Credentials {
                access_key: user.to_owned(),
                secret_key: site.secrets.password("minio", user).to_owned(),
            },
            grants: access.iter().map(grant).collect(),
        })
        .collect()
}
