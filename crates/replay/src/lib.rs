//! An EventStreams-compatible server of recorded events: the source of the offline demo and the
//! test double of the real service, faults included. It is no proxy and keeps no state on disk.
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
//! now, at the first event. A topic that `Last-Event-ID` does not name, or names with offset -1,
//! starts at its first event too: the client cannot have seen any of it. The `id` of a frame
//! never lies beyond an event that the connection still holds back, so that following the ids
//! loses nothing. At the end of the recording the connection stays open, as on a quiet day.
//!
//! # Progress
//! A cut comes only after the first event asked for was sent, a refusal at most three times in a
//! row: a client that resumes as it should gets through, whatever the probabilities below 1.

mod body;
mod chance;
mod delivery;
mod faults;
mod noise;
mod recording;
mod server;
mod service;
pub mod simulation;
mod slots;
mod source;
mod start;
mod template;

#[cfg(test)]
mod tests;

pub use faults::{Fault, Faults, FaultsError};
pub use recording::{Expected, FIRST_OFFSET, Recording};
pub use server::{ReplayHandle, Served, serve};
pub use source::ReplaySource;

use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// How a recording is replayed.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayOptions {
    /// Address to listen on. Any but a loopback one lets others read the recording.
    pub listen: IpAddr,
    /// Port there; 0 for a free one.
    pub port: u16,
    /// Events a second, for each connection by itself.
    pub rate: Rate,
    /// What goes wrong, and how often.
    pub faults: Faults,
    /// Seed of all chance.
    pub seed: u64,
    /// How often the recording is played. Later rounds have later offsets and a `meta.id` of
    /// their own, derived from the recorded one and the round; all else is as recorded.
    pub repeat: NonZeroU32,
    /// A connection that has been silent this long gets a comment.
    pub heartbeat: Duration,
    /// Compress for clients that accept gzip. Costs most of the speed.
    pub gzip: bool,
}

impl Default for ReplayOptions {
    fn default() -> Self {
        Self {
            listen: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            rate: Rate::Max,
            faults: Faults::default(),
            seed: 0,
            repeat: NonZeroU32::MIN,
            heartbeat: Duration::from_secs(10),
            gzip: false,
        }
    }
}

/// How fast events are sent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Rate {
    /// As fast as the client reads.
    Max,
    /// Events a second; more than 0.
    PerSecond(f64),
}

/// A rate that is neither `max` nor a number above 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rate; give events a second, or `max`")]
pub struct RateError(String);

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        if text == "max" {
            return Ok(Rate::Max);
        }
        match text.parse() {
            Ok(rate) if (1e-6..=1e9).contains(&rate) => Ok(Rate::PerSecond(rate)),
            _ => Err(RateError(text.to_owned())),
        }
    }
}

/// Why a replay cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The recording cannot be read or unpacked.
    #[error("cannot read the recording {name}")]
    Read {
        /// The file, or what is part of the binary.
        name: String,
        /// What went wrong.
        #[source]
        cause: std::io::Error,
    },
    /// The address or the port cannot be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What went wrong.
        #[source]
        cause: std::io::Error,
    },
}
