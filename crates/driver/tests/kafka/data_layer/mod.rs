//! On a broker that runs: its address is in TEST_KAFKA, its administrator in TEST_KAFKA_USER and
//! TEST_KAFKA_PASSWORD.

mod reader;
mod scratch;
mod topics;
