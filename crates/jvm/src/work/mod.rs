//! What Flink's job asks of the core, on bytes: classify an event, step a detector, write a file of
//! the lake. It is the embedded pipeline's own code; only the layout of the bytes is of this crate.

pub mod alerts;
pub mod classify;
pub mod envelope;
mod error;
pub mod facts;
pub mod lake;
pub mod model;
mod state;

pub use error::WorkError;
