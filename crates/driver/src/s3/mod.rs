//! The object store: buckets, users and their rights, figures. S3's own requests go through the
//! AWS SDK; users are a matter of MinIO's administration. What
//! reads and writes the objects themselves takes [`objects`].

mod address;
mod admin;
mod admin_body;
mod buckets;
mod client;
mod connector;
mod credentials;
mod error;
mod lifecycle;
mod objects;
mod policy;
#[cfg(test)]
mod tests;
mod usage;
mod users;

pub use address::StoreAddress;
pub use buckets::BucketSpec;
pub use client::{REGION, S3};
pub use credentials::Credentials;
pub use error::S3Error;
pub use lifecycle::LifecycleRule;
pub use objects::objects;
pub use policy::{Access, Grant};
pub use usage::BucketUsage;
pub use users::UserSpec;
