//! The `wikisentry` command line: arguments, settings and reports around the platform.
//! It holds no stream processing of its own; that is in `wikisentry-core` and `wikisentry-engine`.

pub mod cli;
pub mod config;
pub mod error;
pub mod platform;
pub mod report;
pub mod state;

pub use cli::run;
