//! Memory at the speed of the live feed, over more than one interval of the archive: of `recentchange`
//! as recorded, and of the streams that are read by default.

use crate::Failure;
use crate::platform::Home;
use crate::sample::Sample;
use crate::table::{Figure, Goal};
use std::path::Path;
use std::time::Duration;

/// The archive writes out every minute: this spans one.
const SPAN: Duration = Duration::from_secs(75);
const EVENTS_A_SECOND: u64 = 50;
const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/events");
/// Recorded events of the two streams that are read by default, some of each kind.
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

/// The most memory ever held, by each.
pub fn measure() -> Result<Vec<Figure>, Failure> {
    let mut default = Vec::new();
    for name in DEFAULT {
        let text = std::fs::read_to_string(Path::new(EVENTS).join(format!("{name}.json")))?;
        default.push(text.trim_end().to_owned());
    }
    Ok(vec![
        of_events("peak memory at 50 events/s", &Sample::load()?.lines)?,
        of_events("the same, of the default streams", &default)?,
    ])
}

fn of_events(what: &'static str, events: &[String]) -> Result<Figure, Failure> {
    let home = Home::new()?;
    let recording = home.folder().join("events.jsonl");
    std::fs::write(&recording, events.join("\n"))?;
    let recording = recording.to_str().ok_or("the path is not text")?;
    let wanted = SPAN.as_secs() * EVENTS_A_SECOND;
    // Enough for twice the time.
    let repeat = (wanted * 2).div_ceil(events.len() as u64).to_string();
    let rate = EVENTS_A_SECOND.to_string();
    let arguments = ["--replay", recording, "--rate", &rate, "--repeat", &repeat];
    let platform = home.start(&arguments)?;
    std::thread::sleep(SPAN);
    let status = platform.status()?;
    let [received, archived] =
        [status.flow.received, status.flow.archived].map(|count| count.unwrap_or(0));
    if received < wanted * 9 / 10 || archived == 0 {
        return Err(format!("received {received} of {wanted}, archived {archived}").into());
    }
    let (peak, now, cpu) = (
        platform.peak_memory()?,
        platform.resident_memory()?,
        platform.cpu_seconds()?,
    );
    platform.stop()?;
    let bytes: usize = events.iter().map(String::len).sum();
    Ok(Figure {
        what,
        measured: peak,
        goal: Goal::AtMost(150.0),
        unit: "MB",
        note: format!(
            "over {} s, {:.0} MB at their end; {:.1} % of a core; {} bytes an event",
            SPAN.as_secs(),
            now,
            cpu * 100.0 / SPAN.as_secs_f64(),
            bytes / events.len()
        ),
    })
}
