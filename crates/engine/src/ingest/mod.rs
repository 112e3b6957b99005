//! ingest (interface to come)
