//! What the choice of streams costs at 50 events/s: `mediawiki.page_change.v1` with
//! `mediawiki.revision-tags-change`, the default, beside `recentchange`, in turn.

use crate::Failure;
use crate::platform::Home;
use crate::sample::Sample;
use crate::table::{Figure, Goal};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The archive writes out every minute: this spans one.
const SPAN: Duration = Duration::from_secs(75);
const RATE: u64 = 50;
const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/events");
/// Recorded events of the two streams of the default, some of each kind.
const DEFAULT: [&str; 10] = [
    "page-change-edit",
    "revision-tags-change",
    "page-change-bot",
    "page-change-temporary-account",
    "revision-tags-change-rollback",
    "page-change-create",
    "page-change-temporary-account-by-flag",
    "page-change-revert",
    "page-change-move",
    "page-change-delete",
];

/// Memory, processor time and bytes of both.
pub fn measure() -> Result<Vec<Figure>, Failure> {
    let mut default = Vec::new();
    for name in DEFAULT {
        let text = std::fs::read_to_string(Path::new(EVENTS).join(format!("{name}.json")))?;
        default.push(text.trim_end().to_owned());
    }
    let subscribed = "mediawiki.page_change.v1,mediawiki.revision-tags-change";
    Ok(vec![
        of_streams(
            "peak memory, default streams at 50 events/s",
            subscribed,
            &default,
        )?,
        of_streams(
            "peak memory, recentchange at 50 events/s",
            "recentchange",
            &Sample::load()?.lines,
        )?,
    ])
}

fn of_streams(what: &'static str, streams: &str, events: &[String]) -> Result<Figure, Failure> {
    let mut home = Home::new()?;
    home.set("SOURCE__STREAMS", streams);
    let recording = recording(&home, events)?;
    let recording = recording.to_str().ok_or("the path is not text")?;
    let repeat = (SPAN.as_secs() * RATE * 2).div_ceil(events.len() as u64);
    let repeat = repeat.to_string();
    let rate = RATE.to_string();
    let arguments = ["--replay", recording, "--rate", &rate, "--repeat", &repeat];
    let platform = home.start(&arguments)?;
    std::thread::sleep(SPAN);
    let status = platform.status()?;
    let received = status.flow.received.unwrap_or(0);
    if received < SPAN.as_secs() * RATE * 9 / 10 {
        return Err(format!("received {received}").into());
    }
    let (peak, cpu) = (platform.peak_memory()?, platform.cpu_seconds()?);
    let lake = status.disk.unwrap_or_default();
    platform.stop()?;
    let bytes: usize = events.iter().map(String::len).sum();
    Ok(Figure {
        what,
        measured: peak,
        goal: Goal::AtMost(150.0),
        unit: "MB",
        note: format!(
            "over {} s; {:.1} % of a core; {} bytes an event; log {:.1} MB, {received} events",
            SPAN.as_secs(),
            cpu * 100.0 / SPAN.as_secs_f64(),
            bytes / events.len(),
            lake.log_bytes as f64 / 1e6,
        ),
    })
}

fn recording(home: &Home, events: &[String]) -> Result<PathBuf, Failure> {
    let path = home.folder().join("events.jsonl");
    let mut file = std::fs::File::create(&path)?;
    for event in events {
        writeln!(file, "{event}")?;
    }
    Ok(path)
}
