//! The object store: buckets, users and their rights, figures. S3's own requests, and MinIO's
//! administration for users. Objects are neither written nor read here.

mod action;
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

pub use action::S3Action;
pub use buckets::{BucketPlan, BucketSpec};
pub use client::S3;
pub use error::S3Error;
pub use lifecycle::LifecycleRule;
pub use policy::{Access, Grant};
pub use sign::Credentials;
pub use usage::Usage;
pub use users::{UserPlan, UserSpec};
