//! The embedded platform: one process that ingests the edit stream into a durable local log,
//! scores, archives and alerts on it, and answers over HTTP. It knows nothing of the command line.

pub mod alerting;
pub mod api;
pub mod archive;
pub mod classify;
pub mod clock;
pub mod consume;
pub mod counters;
pub mod durable;
pub mod facts;
pub mod ingest;
pub mod log;
pub mod patience;
pub mod registry;
pub mod replay;
pub mod runtime;
pub mod settings;
pub mod sse;
pub mod status;
pub mod tail;
pub mod tls;
