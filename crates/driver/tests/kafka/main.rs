//! The Kafka driver held to a real broker, and to none.
#![allow(clippy::unwrap_used, reason = "tests")]

mod data_layer;
mod unreachable;
