//! Kafka Connect through its REST API: connectors as they should be, their state, their offsets.

mod client;
mod connectors;
mod status;

pub use client::{Connect, ConnectError};
pub use connectors::{ConfigProblem, ConnectorAction};
pub use status::{ConnectorState, ConnectorStatus, SourceOffset, TaskStatus, Worker};
