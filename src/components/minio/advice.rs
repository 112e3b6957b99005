//! What to do about failures of the object store.

use crate::components::Site;
use crate::components::silent::silent;
use crate::error::{Error, ExpectedError};
use crate::text::harmless;
use wikisentry_driver::s3::S3Error;

/// The failure as the user sees it.
pub(super) fn of(site: &Site) -> impl Fn(S3Error) -> Error + Copy + use<> {
    match site.is_foreign() {
        true => of_others,
        false => of_ours,
    }
}

/// Where others run it.
fn of_others(error: S3Error) -> Error {
    let what = harmless(&error.to_string());
    let refused = || ExpectedError::preflight(what.clone());
    match &error {
        S3Error::Unreachable { .. } => {
            ExpectedError::not_running("the object store does not answer")
                .because(what)
                .help(
                    "are kubernetes.s3.endpoint and .ca_file right, and is it reached from here? \
                     `wikisentry config show` shows them",
                )
        }
        S3Error::Credentials { .. } => refused().help(
            "are kubernetes.s3.access_key and the secret key right? `wikisentry config show` shows \
             where each comes from",
        ),
        S3Error::Refused { code, .. } if code == "NoSuchBucket" => {
            refused().help("make the bucket, or name another: `--set kubernetes.s3.bucket=NAME`")
        }
        S3Error::Refused { .. } | S3Error::Answer { .. } => refused().help(
            "may the key do it? docs/KUBERNETES.md has the rights; are kubernetes.s3.region and \
             .path_style right?",
        ),
    }
    .into()
}

fn of_ours(error: S3Error) -> Error {
    let what = harmless(&error.to_string());
    let refused = || ExpectedError::preflight(what.clone());
    match &error {
        S3Error::Unreachable { endpoint, reason } => silent("the object store", endpoint, reason),
        S3Error::Credentials { .. } => refused().help(
            "it runs with other credentials than those kept here: `wikisentry up` starts it with \
             ours; `wikisentry credentials` shows them",
        ),
        S3Error::Refused { code, .. } if code == "NoSuchBucket" => {
            ExpectedError::not_running("the bucket is missing").help("make it: `wikisentry up`")
        }
        S3Error::Refused { .. } | S3Error::Answer { .. } => {
            refused().help("see what it says about it: `wikisentry logs minio`")
        }
    }
    .into()
}
