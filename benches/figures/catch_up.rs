//! The whole platform catching up: a replay at full speed in the same process, every edit scored
//! and durably in the lake, on two cores. Memory is the most it ever held meanwhile.

use crate::Failure;
use crate::pinning::Pinned;
use crate::platform::Home;
use crate::sample::Sample;
use crate::table::{Figure, Goal, number};
use std::time::{Duration, Instant};

/// Times the sample is played: 1.3 million events.
const ROUNDS: u64 = 300;
const PATIENCE: Duration = Duration::from_secs(1200);

/// Events a second from the start of the process to the last edit in the lake.
pub fn measure() -> Result<Vec<Figure>, Failure> {
    let sample = Sample::load()?;
    let events = sample.lines.len() as u64 * ROUNDS;
    let _pinned = Pinned::to_cores(0, 2)?;
    let rounds = ROUNDS.to_string();
    let begun = Instant::now();
    let platform = Home::new()?.start(&["--replay", "sample", "--repeat", &rounds])?;
    let is_received = |received: u64| received >= events;
    platform.wait_until("every event", PATIENCE, |status| {
        is_received(status.flow.received.unwrap_or(0))
    })?;
    let received_after = begun.elapsed();
    let edits = sample.edits * ROUNDS;
    let status = platform.wait_until("every edit in the lake", PATIENCE, |status| {
        status.flow.archived >= Some(edits)
    })?;
    let elapsed = begun.elapsed();
    let flow = &status.flow;
    let counted = [flow.received, flow.scored, flow.archived].map(|count| count.unwrap_or(0));
    let expected = [events, sample.scored * ROUNDS, edits];
    if counted != expected {
        return Err(format!("received, scored, archived: {counted:?}, not {expected:?}").into());
    }
    let (memory, cpu) = (platform.peak_memory()?, platform.cpu_seconds()?);
    let disk = status.disk.unwrap_or_default();
    platform.stop()?;
    let rate = |time: Duration| events as f64 / time.as_secs_f64();
    Ok(vec![
        Figure {
            what: "replay at full speed → scored → archived durably, two cores",
            measured: rate(elapsed),
            goal: Goal::AtLeast(40_000.0),
            unit: "events/s",
            note: format!(
                "{} events, {} edits of which {} scored, in {:.1} s; received after {:.1} s; \
                 {:.1} µs of processor time an event, so {} events/s with both cores to itself",
                number(events as f64),
                number(edits as f64),
                number(counted[1] as f64),
                elapsed.as_secs_f64(),
                received_after.as_secs_f64(),
                cpu * 1e6 / events as f64,
                number(2.0 * events as f64 / cpu),
            ),
        },
        Figure {
            what: "peak memory during that",
            measured: memory,
            goal: Goal::AtMost(300.0),
            unit: "MB",
            note: format!(
                "replay server included; log {:.0} MB, lake {:.0} MB on disk",
                disk.log_bytes as f64 / 1e6,
                disk.lake_bytes as f64 / 1e6
            ),
        },
    ])
}
