//! The embedded platform: one process that ingests the edit stream into a durable local log,
//! scores, archives and alerts on it, and answers over HTTP. It knows nothing of the command line.

pub mod alerting;
pub mod api;
pub mod archive;
pub mod classify;
pub mod ingest;
pub mod log;
pub mod registry;
pub mod replay;
pub mod runtime;
pub mod settings;
pub mod sse;
pub mod tls;
