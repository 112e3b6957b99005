//! From an edit sent to its alert seen, while models are trained on the same machine: training
//! takes what the pipeline leaves.

use crate::alert_delay;
use crate::platform::{Home, Platform};
use crate::table::{Figure, Goal, quantile};
use crate::{Failure, pinning::Pinned};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);

/// Delays at the speed of the live feed beside one retraining after the other, on two cores.
pub fn measure() -> Result<Vec<Figure>, Failure> {
    let _pinned = Pinned::to_cores(0, 2)?;
    let school = lake_to_learn_from()?;
    let done = AtomicBool::new(false);
    let (delays, rounds) = std::thread::scope(|scope| {
        let training = scope.spawn(|| train_until(&done, &school.home));
        let delays = alert_delay::delays().map_err(|error| error.to_string());
        done.store(true, Ordering::Relaxed);
        let rounds = training.join().map_err(|_| "the training panicked")??;
        Ok::<_, String>((delays?, rounds))
    })?;
    school.stop()?;
    Ok(vec![Figure {
        what: "the same, p99, beside a retraining",
        measured: quantile(&delays, 0.99),
        goal: Goal::AtMost(1_000.0),
        unit: "ms",
        note: format!("{}; {rounds} retrainings", alert_delay::describe(&delays)),
    }])
}

/// A platform that has archived the simulated stream.
fn lake_to_learn_from() -> Result<Platform, Failure> {
    let mut home = Home::new()?;
    home.set("ARCHIVE__INTERVAL", "1s");
    let platform = home.start(&["--replay", "simulation"])?;
    platform.wait_until("the stream", PATIENCE, |status| {
        let flow = &status.flow;
        let is_idle = flow.rates.is_some_and(|rates| rates.received == 0.0);
        flow.received > Some(0) && is_idle && flow.archived >= flow.scored
    })?;
    Ok(platform)
}

/// Retrains again and again; how often. Whether the candidate is better does not matter here.
fn train_until(done: &AtomicBool, home: &Home) -> Result<u32, String> {
    let mut rounds = 0;
    while !done.load(Ordering::Relaxed) {
        let output = home.command(&["retrain", "--now"]).output();
        let output = output.map_err(|error| error.to_string())?;
        if !matches!(output.status.code(), Some(0 | 7)) {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        rounds += 1;
    }
    Ok(rounds)
}
