//! From typing `wikisentry up --replay sample` on a fresh state folder to its return: it returns
//! when the first edit is scored.

use crate::Failure;
use crate::platform::Home;
use crate::table::{Figure, Goal, quantile};
use std::time::Instant;
use wikisentry_engine::status::Status;

const STARTS: usize = 10;

/// Time of the slowest start.
pub fn measure() -> Result<Vec<Figure>, Failure> {
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let home = Home::new()?;
        let mut up = home.command(&["up", "--replay", "sample", "--output", "json"]);
        let begun = Instant::now();
        let output = up.output()?;
        times.push(begun.elapsed().as_secs_f64());
        let down = home.command(&["down"]).output()?;
        let status: Status = serde_json::from_slice(&output.stdout)?;
        if status.flow.scored == Some(0) || !down.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`up` scored nothing, or `down` failed: {said}").into());
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(vec![Figure {
        what: "`up --replay sample` → first scored edit",
        measured: quantile(&times, 1.0),
        goal: Goal::AtMost(2.0),
        unit: "s",
        note: format!(
            "longest of {STARTS}, fresh state each; median {:.2}",
            quantile(&times, 0.5)
        ),
    }])
}
