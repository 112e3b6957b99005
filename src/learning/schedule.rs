//! Retrains from time to time while the platform runs: in a process of its own, which yields to
//! everything else and whose memory is not the platform's.

use super::notes::last_ended;
use crate::config::Settings;
use crate::state::StateDir;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use wikisentry_core::time::EventTime;
use wikisentry_lake::clock;

/// How often it is asked whether it is time.
const LOOK: Duration = Duration::from_secs(60);

/// When the model is retrained by itself.
#[derive(Debug)]
pub struct Schedule {
    state: StateDir,
    every: Duration,
    /// Before the first retraining, time counts from here.
    since: EventTime,
}

impl Schedule {
    /// The schedule of a platform; none if the settings ask for none.
    pub fn of(settings: &Settings, state: &StateDir) -> Option<Self> {
        let every = settings.learning.every;
        (!every.is_zero()).then(|| Self {
            state: state.clone(),
            every,
            since: clock::now(),
        })
    }

    /// When the next retraining is due.
    pub fn due(state: &StateDir, every: Duration, since: EventTime) -> EventTime {
        let last = last_ended(state).map_or(since, |(time, _)| time);
        let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
        let due = last.as_millis().saturating_add(every);
        EventTime::from_millis(due).unwrap_or(last)
    }

    /// Retrains whenever it is time. Dropped, it ends the retraining that goes on, which changes
    /// nothing.
    pub async fn run(self) {
        loop {
            tokio::time::sleep(LOOK.min(self.every)).await;
            if clock::now() < Self::due(&self.state, self.every, self.since) {
                continue;
            }
            tracing::info!("retraining");
            match self.retrain().await {
                Ok(status) => tracing::info!("retraining ended: {status}"),
                Err(error) => tracing::error!("cannot retrain: {error}"),
            }
        }
    }

    async fn retrain(&self) -> std::io::Result<std::process::ExitStatus> {
        // It finds the flags that the platform was started with by itself.
        let mut child = Command::new(std::env::current_exe()?)
            .args(["retrain", "--now", "--scheduled", "--quiet"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            // What goes wrong belongs into the platform's log.
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()?;
        child.wait().await
    }
}
