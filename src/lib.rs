//! The `wikisentry` command line: arguments, settings and reports around the platform.
//! It holds no stream processing of its own; that is in `wikisentry-core`, `wikisentry-engine` and
//! `wikisentry-learning`. Open to other programs is the entry point, and what their components need.

mod advice;
mod amounts;
mod cli;
pub mod components;
pub mod config;
pub mod error;
mod learning;
mod manifests;
mod models;
mod plan;
mod platform;
pub mod records;
mod report;
mod runtime;
mod stage;
mod state;
mod text;

pub use cli::run;
