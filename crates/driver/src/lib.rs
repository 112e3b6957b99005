//! The drivers of what runs outside the process: the Docker engine and its images, Kubernetes, Kafka,
//! Kafka Connect, the object store. They decide nothing and print nothing; the commands do.

mod account;
pub mod compose;
pub mod connect;
pub mod converge;
pub mod docker;
mod http;
pub mod images;
pub mod k3d;
pub mod kafka;
pub mod kube;
pub mod manifests;
pub mod s3;

pub use account::Account;
