//! The decoder of event streams: what must hold for any bytes however they are cut.

use bytes::Bytes;
use wikisentry_engine::sse::{Decoder, Frame, OVERSIZED_PREFIX_BYTES};

/// Small, so that oversized events are met often.
const MAX_EVENT_BYTES: usize = 2_048;

/// A connection's body. Its first byte says how the rest is cut; any cut gives the same frames.
pub fn sse_decoder(data: &[u8]) {
    let Some((cut, body)) = data.split_first() else {
        return;
    };
    let whole = frames(body, body.len().max(1));
    assert_eq!(frames(body, usize::from(*cut).max(1)), whole);
    assert_eq!(frames(body, 1), whole);
    for frame in whole {
        match frame {
            Frame::Event(event) => assert!(event.data.len() <= MAX_EVENT_BYTES),
            Frame::Oversized(event) => {
                assert!(event.bytes > MAX_EVENT_BYTES);
                assert!(event.prefix.len() <= OVERSIZED_PREFIX_BYTES);
            }
        }
    }
}

fn frames(body: &[u8], cut: usize) -> Vec<Frame> {
    let mut decoder = Decoder::new(MAX_EVENT_BYTES);
    let mut frames = Vec::new();
    for chunk in body.chunks(cut) {
        decoder.feed(&Bytes::copy_from_slice(chunk), &mut frames);
    }
    frames
}
