//! The options of a replay: where to listen, how fast to send, what to do wrong.

use super::faults::Faults;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// Offset of the first event of each topic, unless a gap precedes it or the options say otherwise.
pub const FIRST_OFFSET: u64 = 1_000_000;

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
    /// In which points it behaves as the real service.
    pub kafkasse: KafkaSse,
    /// Offset of the first event of each topic: another cluster has others.
    pub first_offset: u64,
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
            kafkasse: KafkaSse::default(),
            first_offset: FIRST_OFFSET,
            gzip: false,
        }
    }
}

/// In which points the server behaves as KafkaSSE, which EventStreams is made of
/// (<https://github.com/wikimedia/KafkaSSE>, `lib/KafkaSSE.js` and `lib/utils.js`), each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KafkaSse {
    /// In `Last-Event-ID`, offset -1 is the end of the topic, and an offset out of range too (Kafka's
    /// `auto.offset.reset` is `largest`). Else -1 is the first event, and others the nearest there is.
    pub latest: bool,
    /// A topic that `Last-Event-ID` does not name is not delivered; else it starts at its first event.
    pub named_only: bool,
    /// A topic in `Last-Event-ID` that is of no stream in the URL is answered with 404; else ignored.
    pub refuse_foreign: bool,
    /// An `id` has times in place of offsets, the first millisecond after each topic's last event
    /// (`useTimestampForId`, as EventStreams runs, since offsets differ between its clusters); a topic
    /// that has sent nothing on the connection keeps its offset.
    pub times: bool,
}

impl Default for KafkaSse {
    /// As KafkaSSE is without options: ids have offsets.
    fn default() -> Self {
        Self {
            latest: true,
            named_only: true,
            refuse_foreign: true,
            times: false,
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
