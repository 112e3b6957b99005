//! `wikisentry replay`: serves a recording as Wikimedia's feed would, faults included.

use super::Context;
use crate::error::{Error, ExitStatus, ExpectedError, Result};
use serde_json::json;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::LazyLock;
use tokio::signal::unix::{SignalKind, signal};
use wikisentry_engine::replay::{
    Fault, Faults, Rate, ReplayError, ReplayHandle, ReplayOptions, ReplaySource, serve,
};

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = LONG_HELP.as_str())]
pub struct Args {
    /// The recording: `sample`, or a file of events, one JSON object a line, plain or gzipped
    #[arg(value_name = "sample|FILE")]
    recording: String,

    /// Port on 127.0.0.1; 0 for a free one
    #[arg(long, value_name = "PORT", default_value = "8888")]
    port: u16,

    /// Events a second for each connection, or max
    #[arg(long, value_name = "N|max", default_value = "max")]
    rate: Rate,

    /// What goes wrong, and how often; --help lists the faults
    #[arg(
        long,
        value_name = "SPEC",
        default_value = "",
        hide_default_value = true
    )]
    faults: Faults,

    /// Seed of all chance: the same seed commits the same faults
    #[arg(long, value_name = "N", default_value = "0")]
    seed: u64,

    /// How often the recording is played
    #[arg(long, value_name = "N", default_value = "1")]
    repeat: NonZeroU32,

    /// Compress for clients that accept gzip; costs most of the speed
    #[arg(long)]
    gzip: bool,
}

static LONG_HELP: LazyLock<String> = LazyLock::new(|| {
    let mut text = "\
Serves GET /v2/stream/{streams} like EventStreams: ids with offsets, Last-Event-ID, since, and
streams joined by commas. A connection that does not say where to start begins with the first event.

Faults, as FAULT=PROBABILITY[:PARAM], joined by commas:
"
    .to_owned();
    for fault in Fault::ALL {
        text.push_str(&format!("  {:<11} {}\n", fault.name(), fault.describe()));
    }
    text.push_str(
        "
Examples:
  wikisentry replay sample
  wikisentry replay events.jsonl.gz --rate 50 --port 0
  wikisentry replay sample --faults disconnect=0.001,duplicate=0.01,stall=0.0001:2s --seed 7",
    );
    text
});

/// Serves the recording until it is told to stop.
///
/// # Errors
/// If the recording cannot be read or the port cannot be had.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let source = match args.recording.as_str() {
        "sample" => ReplaySource::sample(),
        file => ReplaySource::file(Path::new(file)),
    };
    let source = source.map_err(|error| explain(&error))?;
    let events = source.lines().count() as u64 * u64::from(args.repeat.get());
    let name = source.name().to_owned();
    let options = ReplayOptions {
        port: args.port,
        rate: args.rate,
        faults: args.faults,
        seed: args.seed,
        repeat: args.repeat,
        gzip: args.gzip,
        ..ReplayOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let server = serve(source, options)
            .await
            .map_err(|error| explain(&error))?;
        announce(&server, &name, events, args.seed, context)?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        conclude(&server, context)?;
        server.shutdown().await;
        Ok(ExitStatus::Fine)
    })
}

fn announce(
    server: &ReplayHandle,
    name: &str,
    events: u64,
    seed: u64,
    context: &Context,
) -> Result<()> {
    let url = server.base_url();
    let report = &context.report;
    if report.is_json() {
        report.json(&json!({"url": url, "recording": name, "events": events, "seed": seed}))?;
    } else {
        report.pairs(&[
            ("serving", format!("{name}, {events} events, seed {seed}")),
            ("url", url.to_string()),
        ])?;
    }
    report.note(format_args!(
        "read it with `WIKISENTRY_SOURCE__URL={url} wikisentry up`; Ctrl-C ends it"
    ));
    report.flush()
}

fn conclude(server: &ReplayHandle, context: &Context) -> Result<()> {
    let served = server.served();
    if context.report.is_json() {
        return context.report.json(&json!({
            "connections": served.connections,
            "events": served.events,
            "next_offsets": served.next_offsets,
            "faults": served.faults,
        }));
    }
    let committed: Vec<_> = served
        .faults
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    let mut totals = vec![
        ("sent", format!("{} events", served.events)),
        ("connections", served.connections.to_string()),
    ];
    if !committed.is_empty() {
        totals.push(("faults", committed.join(", ")));
    }
    context.report.pairs(&totals)
}

fn explain(error: &ReplayError) -> Error {
    match error {
        ReplayError::Read { .. } => ExpectedError::usage("the recording cannot be replayed")
            .caused_by(error)
            .help("give a file of events, one JSON object a line, plain or gzipped; or `sample`"),
        ReplayError::Listen { .. } => {
            ExpectedError::new(ExitStatus::Preflight, "the replay cannot start")
                .caused_by(error)
                .help("choose another port with --port, or 0 for a free one")
        }
    }
    .into()
}
