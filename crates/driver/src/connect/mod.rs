//! Kafka Connect through its REST API: connectors as they should be, their state, their offsets.

mod client;
mod connector_status;
mod connectors;

pub use client::{Connect, ConnectError};
pub use connector_status::{ConnectorState, ConnectorStatus, OwnStatus, SourceOffset, TaskStatus};
pub use connectors::ConfigProblem;
