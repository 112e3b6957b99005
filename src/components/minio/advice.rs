//! What to do about failures of the object store.

use crate::components::silent::silent;
use crate::error::{Error, ExpectedError};
use crate::text::harmless;
use wikisentry_driver::s3::S3Error;

/// The failure as the user sees it.
pub(super) fn of(error: S3Error) -> Error {
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
