//! Client of Wikimedia's EventStreams service: a decoder of event streams and a connection that
//! is kept up. What events mean, and where to resume, is the business of `ingest`.

mod client;
mod connection;
mod error;
mod frame;
mod reconnect;
mod status;
mod target;

pub use client::{EventSource, Feed, Message, ResumeRequest};
pub use error::{ConnectionError, SetupError};
pub use frame::{Decoder, Event, Frame, OVERSIZED_PREFIX_BYTES, Oversized};
pub use status::{FeedState, FeedStatus};
pub use target::is_loopback;
