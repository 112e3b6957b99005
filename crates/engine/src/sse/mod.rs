//! Client of Wikimedia's EventStreams service: a decoder of event streams and a connection that
//! is kept up. What events mean, and where to resume, is the business of `ingest`.

mod frame;

pub use frame::{Decoder, Event, Frame, OVERSIZED_PREFIX_BYTES, Oversized};
