//! Kafka through librdkafka: topics made and kept as asked, figures for `status`, reading for
//! `tail`. It produces nothing and joins no consumer group.

mod client;
mod ensure;
mod error;
mod figures;
mod groups;
mod log_dirs;
mod reader;
mod security;
mod topics;

pub use client::Kafka;
pub use error::KafkaError;
pub use figures::{PartitionFigures, TopicFigures};
pub use groups::ConsumerGroup;
pub use reader::{ReadRecord, ReadRequest, ReadStart, ReadStep};
pub use security::{HAS_TLS, Mechanism, Security};
pub use topics::TopicSpec;
