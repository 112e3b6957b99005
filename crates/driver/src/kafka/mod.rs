//! Kafka through librdkafka: topics made and kept as asked, figures for `status`, reading for
//! `tail`. It produces nothing and joins no consumer group.

mod client;
mod ensure;
mod error;
mod groups;
mod log_dirs;
mod reader;
mod status;
mod topics;

pub use client::{Broker, Kafka};
pub use error::KafkaError;
pub use groups::{Group, PartitionLag};
pub use reader::{Ended, Read, Record, Start, Step};
pub use status::{PartitionStatus, TopicStatus};
pub use topics::{Cleanup, ConfigChange, TopicAction, TopicPlan, TopicSpec};
