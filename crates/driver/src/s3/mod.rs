//! The object store: buckets, users and their rights, figures. S3's own requests, and MinIO's
//! administration for users. Objects are neither written nor read here.

mod admin_body;
mod buckets;
mod client;
mod error;
mod lifecycle;
mod policy;
mod sign;
#[cfg(test)]
mod tests;
mod usage;
mod users;

pub use buckets::BucketSpec;
pub use client::S3;
pub use error::S3Error;
pub use lifecycle::LifecycleRule;
pub use policy::{Access, Grant};
pub use sign::Credentials;
pub use usage::BucketUsage;
pub use users::UserSpec;
