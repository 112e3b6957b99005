//! How fast the event-stream decoder is, on one core: events of the sample, as EventStreams frames
//! them, in chunks as they come from a socket or out of gzip.
//! Run with `cargo bench -p wikisentry-engine --bench sse`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that reports a figure"
)]

use bytes::Bytes;
use std::hint::black_box;
use std::time::{Duration, Instant};
use wikisentry_engine::replay::ReplaySource;
use wikisentry_engine::sse::{Decoder, Frame};

const AT_LEAST: Duration = Duration::from_secs(2);

fn main() {
    let id = r#"[{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":1670732822001},{"topic":"codfw.mediawiki.recentchange","partition":0,"offset":-1}]"#;
    let mut body = Vec::new();
    for line in ReplaySource::sample().unwrap().lines() {
        body.extend_from_slice(format!("event: message\nid: {id}\ndata: ").as_bytes());
        body.extend_from_slice(line);
        body.extend_from_slice(b"\n\n");
    }
    let body = Bytes::from(body);
    for kib in [64, 4] {
        let chunks: Vec<Bytes> = (0..body.len())
            .step_by(kib * 1024)
            .map(|at| body.slice(at..body.len().min(at + kib * 1024)))
            .collect();
        let (started, mut rounds, mut events) = (Instant::now(), 0, 0);
        while started.elapsed() < AT_LEAST {
            events += decode(&chunks);
            rounds += 1;
        }
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "decode, chunks of {kib} KiB: {:.2} million events/s, {:.2} GB/s ({} bytes an event)",
            events as f64 / 1e6 / seconds,
            (rounds * body.len()) as f64 / 1e9 / seconds,
            rounds * body.len() / events,
        );
    }
}

/// Decodes all chunks, dropping the frames of each as a consumer would; gives their number.
fn decode(chunks: &[Bytes]) -> usize {
    let mut decoder = Decoder::new(1 << 20);
    let mut frames: Vec<Frame> = Vec::new();
    let mut events = 0;
    for chunk in chunks {
        decoder.feed(black_box(chunk), &mut frames);
        events += frames.len();
        black_box(&frames);
        frames.clear();
    }
    events
}
