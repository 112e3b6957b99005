//! How fast the replay server sends: events a second over loopback to a reader that only counts
//! bytes, on one worker thread, so that reader and server each have a core at most.
//! Run with `cargo bench -p wikisentry-replay --bench replay`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that reports a figure"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::num::NonZeroU32;
use std::time::Instant;
use wikisentry_replay::{ReplayOptions, ReplaySource, serve};

const ROUNDS: u32 = 200;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    for (name, faults) in [
        ("no faults", ""),
        (
            "duplicates, late events, garbage",
            "duplicate=0.01,reorder=0.01,garbage=0.001",
        ),
    ] {
        let faults = faults.parse().unwrap();
        let repeat = NonZeroU32::new(ROUNDS).unwrap();
        let options = ReplayOptions {
            faults,
            repeat,
            ..Default::default()
        };
        let server = runtime
            .block_on(serve(ReplaySource::sample().unwrap(), options))
            .unwrap();

        let mut socket = TcpStream::connect(server.local_addr()).unwrap();
        socket
            .write_all(b"GET /v2/stream/recentchange HTTP/1.0\r\nUser-Agent: bench\r\n\r\n")
            .unwrap();
        let started = Instant::now();
        let (mut bytes, mut buffer) = (0, vec![0; 1 << 20]);
        while !server.is_finished() {
            bytes += socket.read(&mut buffer).unwrap();
        }
        let seconds = started.elapsed().as_secs_f64();
        let events = server.served().events;
        println!(
            "replay, {name}: {:.0} events/s, {:.0} MB/s ({events} events in {seconds:.2} s)",
            events as f64 / seconds,
            bytes as f64 / 1e6 / seconds,
        );
    }
}
