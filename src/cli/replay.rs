//! `wikisentry replay`: serves a recording as Wikimedia's feed would, faults included.

use super::help;
use super::{Context, completing};
use crate::amounts::count;
use crate::config::CONTAINER_HOST;
use crate::error::{Error, ExitStatus, ExpectedError, Result};
use crate::platform::embedded::streams_to_read;
use crate::platform::unplayable;
use crate::report::pairs;
use crate::runtime;
use serde::Serialize;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::str::FromStr;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;
use wikisentry_driver::docker::{Engine, EngineError};
use wikisentry_replay::{
    Fault, Faults, Rate, ReplayError, ReplayHandle, ReplayOptions, ReplaySource, serve,
};

#[derive(Debug, clap::Args)]
#[command(after_long_help = long_help())]
pub struct Args {
    /// The recording: `sample`, `simulation`, or a file of events
    #[arg(value_name = "sample|simulation|FILE", add = completing::recordings())]
    recording: String,

    /// Address to listen on; `docker` for the one by which containers reach this machine
    #[arg(long, value_name = "ADDR|docker", default_value = "127.0.0.1")]
    #[arg(add = completing::words(["127.0.0.1", "docker"]))]
    listen: Listen,

    /// Port there; 0 for a free one
    #[arg(long, value_name = "PORT", default_value = "8888")]
    port: u16,

    /// Events a second for each connection, or max
    #[arg(long, value_name = "N|max", default_value = "max")]
    #[arg(add = completing::words(["max"]))]
    rate: Rate,

    /// What goes wrong, and how often; --help lists the faults
    #[arg(long, value_name = "SPEC", default_value = "")]
    #[arg(hide_default_value = true, add = completing::faults())]
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

/// Where to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listen {
    /// At an address of this machine.
    At(IpAddr),
    /// Where containers look for this machine.
    Docker,
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "docker" => Ok(Self::Docker),
            "localhost" => Ok(Self::At(Ipv4Addr::LOCALHOST.into())),
            address => address
                .parse()
                .map(Self::At)
                .map_err(|_| "give an IP address of this machine, or `docker`".to_owned()),
        }
    }
}

const ABOUT: &str = "\
Serves GET /v2/stream/{streams} like EventStreams: ids with offsets, Last-Event-ID, since, and
streams joined by commas. A connection that does not say where to start begins with the first event.

`sample` is recorded edits. `simulation` is a week of labelled edits and the reverts that followed
them, in three streams: recentchange, mediawiki.page_change.v1, mediawiki.revision-tags-change.

A file holds one JSON object a line, one array, or the text of the feed as curl saves it; plain,
gzip or Zstandard. All of it is held in memory: up to 1 GiB and 2,000,000 events, unpacked.

Faults, as FAULT=PROBABILITY[:PARAM], joined by commas:";

const EXAMPLES: &str = "
  wikisentry replay sample
  wikisentry replay sample --listen docker
  wikisentry replay events.jsonl.gz --rate 50 --port 0
  wikisentry replay sample --seed 7 \\
    --faults disconnect=0.001,duplicate=0.01,stall=0.0001:2s";

fn long_help() -> String {
    let fault = |fault: Fault| format!("  {}  {}", fault.name(), fault.describe());
    let faults = Fault::ALL.map(fault).join("\n");
    help::of(&format!("{ABOUT}\n{faults}"), &[], EXAMPLES)
}

/// Serves the recording until Ctrl-C or SIGTERM.
///
/// # Errors
/// If the recording cannot be read, the address or the port cannot be had, or no Docker engine
/// tells by which address containers reach this machine.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let source = ReplaySource::named(&args.recording).map_err(|error| refusal(&error))?;
    let events = source.lines().count() as u64 * u64::from(args.repeat.get());
    let name = source.name().to_owned();
    let settings = context.settings(Vec::new())?.settings;
    runtime::pooled()?.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let options = ReplayOptions {
            listen: address(args.listen).await?,
            port: args.port,
            rate: args.rate,
            faults: args.faults.clone(),
            seed: args.seed,
            repeat: args.repeat,
            gzip: args.gzip,
            ..ReplayOptions::default()
        };
        let server = serve(source, options)
            .await
            .map_err(|error| refusal(&error))?;
        let recorded = server.recording().events_by_stream();
        let subscribed = &settings.source.streams;
        // What brings nothing can still be served.
        let streams = streams_to_read(&recorded, subscribed)
            .unwrap_or_else(|_| recorded.keys().map(|&name| name.to_owned()).collect());
        let others = (streams != *subscribed).then(|| streams.join(","));
        let way = Way::to(&server, args.listen, others.as_deref());
        let serving = Serving {
            url: &way.url,
            recording: &name,
            events,
            seed: args.seed,
            streams,
        };
        announce(&server, &serving, &way, context)?;
        tokio::select! {
            // After the ^C that a terminal shows.
            _ = interrupt.recv() => context.report.note(""),
            _ = terminate.recv() => {}
        }
        conclude(&server, context)?;
        server.shutdown().await;
        Ok(ExitStatus::Fine)
    })
}

/// What is served, as scripts read it.
#[derive(Serialize)]
struct Serving<'a> {
    url: &'a Url,
    recording: &'a str,
    events: u64,
    seed: u64,
    /// Those that the platform should read.
    streams: Vec<String>,
}

fn announce(
    server: &ReplayHandle,
    served: &Serving<'_>,
    way: &Way,
    context: &Context,
) -> Result<()> {
    let report = &context.report;
    report.data(served, || {
        let Serving {
            recording: name,
            events,
            seed,
            ..
        } = served;
        let facts = [
            (
                "recording",
                format!("{name}, {} events, seed {seed}", count(*events)),
            ),
            ("streams", served.streams.join(", ")),
            ("url", way.url.to_string()),
        ];
        pairs(&facts, report.view_width())
    })?;
    let ip = server.local_addr().ip();
    if !ip.is_loopback() {
        report.warn(format_args!(
            "it listens on {ip}: everyone in that network can read the recording"
        ));
    }
    for command in &way.commands {
        report.note(format_args!("read it with `{command}`"));
    }
    report.note("Ctrl-C ends it");
    report.flush()
}

/// How the platform gets to the server.
#[derive(Debug, PartialEq, Eq)]
struct Way {
    /// What to set `source.url` to.
    url: Url,
    /// What to type.
    commands: Vec<String>,
}

impl Way {
    /// `streams` are those to read, if the settings have others.
    fn to(server: &ReplayHandle, listen: Listen, streams: Option<&str>) -> Self {
        let here = server.base_url();
        let ip = server.local_addr().ip();
        let mut from_containers = here.clone();
        _ = from_containers.set_host(Some(CONTAINER_HOST));
        let streams = streams.map(|names| format!(" --set source.streams={names}"));
        let streams = streams.unwrap_or_default();
        let mut commands = Vec::new();
        if listen != Listen::Docker && (ip.is_loopback() || ip.is_unspecified()) {
            commands.push(format!("wikisentry up --set source.url={here}{streams}"));
        }
        if listen == Listen::Docker || ip.is_unspecified() {
            commands.push(format!(
                "wikisentry up --profile k3d --until data-layer --set source.url={from_containers}{streams}"
            ));
        }
        let url = match listen {
            Listen::Docker => from_containers,
            Listen::At(_) => here,
        };
        Self { url, commands }
    }
}

/// The address to listen on.
async fn address(listen: Listen) -> Result<IpAddr> {
    if let Listen::At(address) = listen {
        return Ok(address);
    }
    let ask = async { Engine::connect().await?.host_gateway().await };
    let address = ask.await.map_err(|error: EngineError| {
        ExpectedError::preflight("the address by which containers reach this machine is not known")
            .caused_by(&error)
            .help("start Docker, or give the address: `--listen ADDR`")
    })?;
    Ok(address.unwrap_or(Ipv4Addr::LOCALHOST.into()))
}

fn conclude(server: &ReplayHandle, context: &Context) -> Result<()> {
    let served = server.served();
    let data = json!({
        "connections": served.connections,
        "events": served.events,
        "next_offsets": served.next_offsets,
        "faults": served.faults,
    });
    context.report.data(&data, || {
        let committed = served.faults.iter().filter(|(_, count)| **count > 0);
        let committed = committed.map(|(name, times)| format!("{name} {}", count(*times)));
        let committed: Vec<_> = committed.collect();
        let mut totals = vec![
            ("sent", format!("{} events", count(served.events))),
            ("connections", count(served.connections)),
        ];
        if !committed.is_empty() {
            totals.push(("faults", committed.join(", ")));
        }
        pairs(&totals, context.report.view_width())
    })
}

fn refusal(error: &ReplayError) -> Error {
    match error {
        ReplayError::Read { .. } => unplayable(error),
        ReplayError::Listen { .. } => ExpectedError::preflight("the replay cannot start")
            .caused_by(error)
            .help(
                "choose another port with --port, or 0 for a free one; --listen takes only \
                     an address of this machine",
            ),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_docker_is_where_it_listens() {
        for (text, listen) in [
            ("127.0.0.1", Some(Listen::At(Ipv4Addr::LOCALHOST.into()))),
            ("localhost", Some(Listen::At(Ipv4Addr::LOCALHOST.into()))),
            (
                "::",
                Some(Listen::At(std::net::Ipv6Addr::UNSPECIFIED.into())),
            ),
            ("docker", Some(Listen::Docker)),
            ("172.17.0.1:80", None),
            ("somewhere", None),
        ] {
            assert_eq!(text.parse().ok(), listen, "{text}");
        }
    }

    #[tokio::test]
    async fn the_way_to_it_depends_on_where_it_listens() {
        let any = Ipv4Addr::UNSPECIFIED.into();
        let local = Ipv4Addr::LOCALHOST.into();
        for (ip, listen, host, processes, containers) in [
            (local, Listen::At(local), "127.0.0.1", true, false),
            (local, Listen::Docker, CONTAINER_HOST, false, true),
            (any, Listen::At(any), "127.0.0.1", true, true),
        ] {
            let options = ReplayOptions {
                listen: ip,
                ..ReplayOptions::default()
            };
            let source = ReplaySource::from_bytes("none", b"").unwrap();
            let server = serve(source, options).await.unwrap();
            let way = Way::to(&server, listen, Some("a,b"));
            let port = server.local_addr().port();
            assert_eq!(way.url.as_str(), format!("http://{host}:{port}/v2/stream"));
            let has = |part: &str| way.commands.iter().any(|command| command.contains(part));
            assert_eq!(has("http://127.0.0.1"), processes, "{way:?}");
            assert_eq!(has("k3d"), containers, "{way:?}");
            let ends = |command: &String| command.ends_with(" --set source.streams=a,b");
            assert!(way.commands.iter().all(ends), "{way:?}");
        }
    }
}
