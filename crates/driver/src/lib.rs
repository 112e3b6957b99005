//! All talk to the world outside the process: the Docker engine and its images, Kafka, Kafka
//! Connect, the object store. It decides nothing and prints nothing; the commands do.

pub mod compose;
pub mod connect;
pub mod converge;
pub mod docker;
mod http;
pub mod images;
pub mod kafka;
pub mod s3;
