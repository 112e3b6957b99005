//! A service of events that tests make up, at an address that stays.

use serde_json::{Value, json};
use std::net::Ipv4Addr;
use tokio::runtime::Runtime;
use wikisentry_core::event::{Body, Event};
use wikisentry_replay::{KafkaSse, ReplayHandle, ReplayOptions, ReplaySource, serve};

pub const EQIAD: &str = "eqiad.mediawiki.recentchange";

/// As EventStreams is: asked by time, with offsets of its own.
pub const BY_TIME: KafkaSse = KafkaSse {
    latest: true,
    named_only: true,
    refuse_foreign: true,
    times: true,
};

/// The service, which can be replaced by another at the same address.
pub struct Service {
    runtime: Runtime,
    running: Option<ReplayHandle>,
    port: u16,
}

impl Service {
    pub fn new() -> Self {
        Self {
            runtime: Runtime::new().expect("a runtime"),
            running: None,
            port: 0,
        }
    }

    /// Serves these events, in the place of those before.
    pub fn serve(&mut self, events: &[Value], kafkasse: KafkaSse, first_offset: u64) {
        if let Some(before) = self.running.take() {
            self.runtime.block_on(before.shutdown());
        }
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        let source = ReplaySource::from_bytes("test", lines.join("\n").as_bytes());
        let options = ReplayOptions {
            port: self.port,
            listen: Ipv4Addr::LOCALHOST.into(),
            kafkasse,
            first_offset,
            ..ReplayOptions::default()
        };
        let started = serve(source.expect("events"), options);
        let handle = self.runtime.block_on(started).expect("a server");
        self.port = handle.local_addr().port();
        self.running = Some(handle);
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v2/stream", self.port)
    }
}

/// An edit of the sample, to be varied.
pub fn template() -> Value {
    let sample = ReplaySource::sample().expect("the sample");
    let mut lines = sample.lines();
    let edit = lines.find(|line| {
        let event = Event::parse(line);
        event.is_ok_and(|event| matches!(event.body, Body::Edit(_)) && !event.is_page_change)
    });
    serde_json::from_slice(edit.expect("an edit")).expect("JSON")
}

/// The n-th edit, a second after the one before.
pub fn edit(template: &Value, number: usize, topic: &str) -> Value {
    let mut event = template.clone();
    event["meta"]["id"] = json!(format!("00000000-0000-4000-8000-{number:012}"));
    event["meta"]["dt"] = json!(time(number));
    event["meta"]["topic"] = json!(topic);
    event["revision"] = json!({"old": 2 * number, "new": 2 * number + 1});
    event
}

pub fn time(number: usize) -> String {
    let second = 1_780_000_000 + i64::try_from(number).expect("small");
    jiff::Timestamp::from_second(second)
        .expect("a time")
        .to_string()
}
