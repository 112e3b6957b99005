//! The `wikisentry` command line: arguments, settings and reports around the platform.
//! It holds no stream processing of its own; that is in `wikisentry-core`, `wikisentry-engine` and
//! `wikisentry-learning`.

pub mod advice;
pub mod amounts;
pub mod cli;
pub mod components;
pub mod config;
pub mod error;
pub mod explained;
pub mod learning;
pub mod models;
pub mod plan;
pub mod platform;
pub mod records;
pub mod report;
pub mod runtime;
pub mod stage;
pub mod state;
pub mod text;

pub use cli::run;
