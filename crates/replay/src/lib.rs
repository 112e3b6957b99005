//! An EventStreams-compatible server of recorded events: the source of the offline demo and the
//! test double of the real service, faults included. It is no proxy and keeps no state on disk.
//! Without the feature `server` the recordings and the simulation are left, which need no network.
//!
//! # What it serves
//! `GET /v2/stream/{streams}`, streams joined by commas, on the loopback address unless told
//! otherwise. Each event belongs to the stream named by `meta.stream`, else by `meta.topic` without
//! its data centre, else to `mediawiki.recentchange`; that one is also known by its public name
//! `recentchange`.
//! Its topic is `eqiad.` or `codfw.` and the stream, its partition 0, and its offset counts from
//! [`FIRST_OFFSET`] within the topic. `meta.topic`, `meta.partition` and `meta.offset` of the
//! payload are made to agree; every other byte stays as recorded. Lines that are no JSON object
//! with one `meta` object are served untouched. A carriage return inside a line would end an SSE
//! line: the rest goes into a further `data:` line, so that the client sees a line feed there.
//!
//! A recording can also be made instead of recorded: [`simulation`] turns labelled edits into a
//! stream with the reverts that follow, and says what labels must come of it.
//!
//! # Where a connection starts
//! At `Last-Event-ID`, inclusive; else at `since`; else, unlike the real service, which starts
//! now, at the first event. In the points of [`KafkaSse`] it is as strict as the real service, and each
//! can be switched. The `id` of a frame never lies beyond an event that the connection still holds
//! back, so that following the ids loses nothing. At the end of the recording the connection stays
//! open, as on a quiet day.
//!
//! # Progress
//! A cut comes only after the first event asked for was sent, a refusal at most three times in a
//! row: a client that resumes as it should gets through, whatever the probabilities below 1.

mod error;
mod named;
pub mod saved;
#[cfg(feature = "server")]
mod server;
pub mod simulation;
mod source;

pub use error::ReplayError;
#[cfg(feature = "server")]
pub use server::{
    ExpectedEvent, FIRST_OFFSET, Fault, Faults, FaultsError, KafkaSse, Rate, RateError, Recording,
    ReplayHandle, ReplayOptions, Served, serve,
};
pub use source::ReplaySource;
