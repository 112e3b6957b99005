//! Memory at the speed of the live feed, over more than one interval of the archive.

use crate::Failure;
use crate::platform::Home;
use crate::table::{Figure, Goal};
use std::time::Duration;

/// The archive writes out every minute: this spans one.
const SPAN: Duration = Duration::from_secs(75);

/// The most memory ever held.
pub fn measure() -> Result<Vec<Figure>, Failure> {
    let arguments = ["--replay", "sample", "--rate", "50", "--repeat", "10"];
    let platform = Home::new()?.start(&arguments)?;
    std::thread::sleep(SPAN);
    let status = platform.status()?;
    let wanted = SPAN.as_secs() * 50;
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
    Ok(vec![Figure {
        what: "peak memory at 50 events/s",
        measured: peak,
        goal: Goal::AtMost(150.0),
        unit: "MB",
        note: format!(
            "over {} s, {:.0} MB at their end; {:.1} % of a core",
            SPAN.as_secs(),
            now,
            cpu * 100.0 / SPAN.as_secs_f64()
        ),
    }])
}
