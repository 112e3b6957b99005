//! The keys of a user of the object store.

use std::fmt;

/// An access key with its secret. `Debug` leaves the secret out.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name for the store; no secret.
    pub access_key: String,
    /// The secret, at least 8 characters for MinIO.
    pub secret_key: String,
}

impl Credentials {
    /// The same for the AWS SDK, which does not show secrets either.
    pub(super) fn for_sdk(&self) -> aws_sdk_s3::config::Credentials {
        aws_sdk_s3::config::Credentials::new(
            &self.access_key,
            &self.secret_key,
            None,
            None,
            "wikisentry",
        )
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}
