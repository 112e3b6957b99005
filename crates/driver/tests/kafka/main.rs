//! The Kafka driver held to a real broker, whose address is in TEST_KAFKA.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod reader;
mod scratch;
mod topics;
