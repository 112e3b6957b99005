//! The options of a replay: where to listen, how fast to send, what to do wrong.

use super::faults::Faults;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};
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
