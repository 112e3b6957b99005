//! Client of Wikimedia's EventStreams service: a decoder of event streams and a connection that
//! is kept up. What events mean, and where to resume, is the business of `ingest`.

mod client;
mod connection;
mod error;
mod feed_status;
mod frame;
mod reconnect;
mod redirection;
mod target;

pub use client::{EventSource, Message, ResumeRequest, RunningFeed};
pub use error::{ConnectionError, SetupError};
pub use feed_status::{FeedState, FeedStatus};
pub use frame::{Decoder, Event, Frame, OVERSIZED_PREFIX_BYTES, Oversized};
pub use target::{is_loopback, is_since, is_stream_name};
