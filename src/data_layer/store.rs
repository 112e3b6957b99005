//! Buckets and users of the object store: one bucket, and for each part of the platform a user
//! that may do what it needs and nothing else.

use super::Secrets;
use crate::config::MinioSettings;
use wikisentry_driver::s3::{Access, BucketSpec, Credentials, Grant, LifecycleRule, UserSpec};

/// The users.
pub(super) const USERS: [&str; 5] = ["connect", "flink", "spark", "serving", "cli"];

pub(super) fn buckets(settings: &MinioSettings) -> Vec<BucketSpec> {
    let rule = |id: &str, prefix: &str, expire_days, noncurrent_days| LifecycleRule {
        id: id.to_owned(),
        prefix: prefix.to_owned(),
        expire_days,
        noncurrent_days,
    };
    vec![BucketSpec {
        name: settings.bucket.clone(),
        // A champion that was overwritten can be had back.
        versioning: true,
        lifecycle: vec![
            rule("old-versions", "", None, Some(7)),
            rule("staging", "staging/", Some(2), None),
        ],
    }]
}

/// What each user may do with which keys of the bucket.
fn grants(user: &str) -> &'static [(&'static str, Access)] {
    match user {
        // Checkpoints, and the lake it writes; the model that it scores with.
        "flink" => &[
            ("edits/", Access::ReadWrite),
            ("staging/", Access::ReadWrite),
            ("checkpoints/", Access::ReadWrite),
            ("models/", Access::Read),
        ],
        "spark" => &[
            ("edits/", Access::Read),
            ("labels/", Access::ReadWrite),
            ("analytics/", Access::ReadWrite),
            ("datasets/", Access::ReadWrite),
            ("staging/", Access::ReadWrite),
            ("models/", Access::ReadWrite),
        ],
        "serving" => &[("models/", Access::Read)],
        "cli" => &[("", Access::Read), ("models/", Access::ReadWrite)],
        // For sinks to come; the source needs nothing.
        _ => &[("connect/", Access::ReadWrite)],
    }
}

pub(super) fn users(settings: &MinioSettings, secrets: &Secrets) -> Vec<UserSpec> {
    let users = secrets.users();
    users
        .map(|(user, password)| UserSpec {
            credentials: Credentials {
                access_key: user.to_owned(),
                secret_key: password.to_owned(),
            },
            grants: grants(user)
                .iter()
                .map(|&(prefix, access)| Grant {
                    bucket: settings.bucket.clone(),
                    prefix: prefix.to_owned(),
                    access,
                })
                .collect(),
        })
        .collect()
}
