//! How fast the event-stream decoder is, on one core: events of the sample, as EventStreams frames
//! them, in chunks as they come from a socket or out of gzip. And how fast the whole client is
//! against the replay server, the two sharing two cores.
//! Run with `cargo bench -p wikisentry-engine --bench sse`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that reports a figure"
)]

use bytes::Bytes;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use wikisentry_engine::settings::SourceSettings;
use wikisentry_engine::sse::{Decoder, EventSource, Frame, Message};
use wikisentry_replay::{ReplayOptions, ReplaySource, serve};

const AT_LEAST: Duration = Duration::from_secs(2);
const ROUNDS: u32 = 100;

fn main() {
    decoder();
    for gzip in [false, true] {
        client(gzip);
    }
}

fn decoder() {
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

/// Follows a replay at full speed to its end.
fn client(gzip: bool) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let options = ReplayOptions {
            repeat: NonZeroU32::new(ROUNDS).unwrap(),
            gzip,
            ..Default::default()
        };
        let server = serve(ReplaySource::sample().unwrap(), options)
            .await
            .unwrap();
        let settings = SourceSettings {
            url: server.base_url(),
            streams: vec!["recentchange".into()],
            contact: String::new(),
            since: String::new(),
            heartbeat_timeout: Duration::from_secs(30),
            backoff_min: Duration::from_secs(1),
            backoff_max: Duration::from_secs(60),
            max_event_bytes: 1 << 20,
            reorder_window: 100,
        };
        let started = Instant::now();
        let source = EventSource::new(&settings).unwrap();
        let mut feed = source.spawn(CancellationToken::new());
        let expected: u64 = server.recording().events_by_stream().values().sum();
        let (mut events, mut batches) = (0, 0);
        while events < expected {
            match feed.messages.recv().await.unwrap() {
                Message::Resume(request) => request.answer(None),
                Message::Frames(frames) => {
                    events += frames.len() as u64;
                    batches += 1;
                }
                Message::Connected | Message::Disconnected(_) => {}
            }
        }
        println!(
            "client and replay server, gzip {gzip}: {:.0} events/s, {:.0} events a message",
            events as f64 / started.elapsed().as_secs_f64(),
            events as f64 / f64::from(batches),
        );
    });
}
