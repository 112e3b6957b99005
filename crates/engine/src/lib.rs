//! The embedded platform: one process that ingests the edit stream into a durable local log,
//! scores, archives and alerts on it, and answers over HTTP. It knows nothing of the command line.

pub mod alerting;
mod api;
mod archiver;
mod blanker;
pub mod champion_watch;
mod classify;
mod consume;
mod counters;
mod fact_archiver;
pub mod filter;
mod hidden;
pub mod ingest;
pub mod log;
pub mod patience;
pub mod runtime;
pub mod settings;
pub mod sse;
mod state_folder;
pub mod status;
pub mod tail;
