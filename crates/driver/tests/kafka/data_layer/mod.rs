//! On a broker that runs, whose address is in TEST_KAFKA.

mod reader;
mod scratch;
mod topics;
