//! The domain of the platform: events, routing, features, labels, anomalies, scoring, explanation and
//! evaluation of Wikimedia edits. No I/O, no clock, no threads: the same code runs in the embedded
//! pipeline and, through a library and a Python wheel, in Flink, Spark and FastAPI.

pub mod anomaly;
pub mod bookmark;
pub mod classified;
pub mod classify;
pub mod deadletter;
pub mod edit;
pub mod evaluation;
pub mod event;
pub mod explain;
pub mod explained;
pub mod features;
pub mod hidden;
pub mod labels;
pub mod link;
pub mod model;
pub mod predict;
pub mod scoring;
pub mod simulated;
pub mod stability;
pub mod stream;
pub mod text;
pub mod time;
pub mod topic;
pub mod user;
