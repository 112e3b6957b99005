//! Retrains from time to time while the platform runs: in a process of its own, which yields to
//! everything else and whose memory is not the platform's. What it counts from is on disk, so that
//! restarts do not move it.

use super::notes::last_attempt;
use crate::state::{HOME_VARIABLE, StateDir, read_json, write_json};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use wikisentry_core::time::EventTime;
use wikisentry_lake::clock;

/// How often it is asked whether it is time.
const LOOK: Duration = Duration::from_secs(60);
/// How long it waits after an attempt of which nothing was noted.
const PAUSE: Duration = Duration::from_secs(3_600);

/// When the model is retrained by itself: `every` after the last attempt began, or, before the
/// first one, after the platform was first started with a schedule.
#[derive(Debug)]
pub struct Schedule {
    state: StateDir,
    every: Duration,
}

/// The content of `run/learning.json`, which the first start writes.
#[derive(Debug, Serialize, Deserialize)]
struct Begun {
    first_start: EventTime,
}

impl Schedule {
    /// The schedule of a platform; none if the settings ask for none.
    pub fn of(every: Duration, state: &StateDir) -> Option<Self> {
        (!every.is_zero()).then(|| Self {
            state: state.clone(),
            every,
        })
    }

    /// When the next retraining is due, at `now` or later if it is not overdue; `None` if none was
    /// tried and the platform was never started.
    pub fn due(state: &StateDir, every: Duration, now: EventTime) -> Option<EventTime> {
        let last = last_attempt(state).map(|attempt| attempt.began);
        let from = last.or_else(|| first_start(state))?;
        // Noted by a clock that was ahead: how long ago it was is not known.
        if from > now {
            return Some(now);
        }
        Some(after(from, every))
    }

    /// Retrains whenever it is time. Dropped, it ends the retraining that goes on, which changes
    /// nothing.
    pub async fn run(self) {
        let mut not_before = None;
        loop {
            self.note_first_start();
            tokio::time::sleep(LOOK.min(self.every)).await;
            let now = clock::now();
            let due = Self::due(&self.state, self.every, now).max(not_before);
            if due.is_none_or(|due| now < due) {
                continue;
            }
            tracing::info!("retraining");
            match self.retrain().await {
                Ok(status) => tracing::info!("retraining ended: {status}"),
                Err(error) => tracing::error!("cannot retrain: {error}"),
            }
            not_before = Some(after(now, self.every.min(PAUSE)));
        }
    }

    /// Notes that time counts from now, if nothing says from when.
    fn note_first_start(&self) {
        if first_start(&self.state).is_some() {
            return;
        }
        let first_start = clock::now();
        // Tried again at the next look.
        if let Err(error) = write_json(&path(&self.state), &Begun { first_start }) {
            tracing::warn!("when the schedule began cannot be noted: {error:?}");
        }
    }

    async fn retrain(&self) -> std::io::Result<std::process::ExitStatus> {
        // It finds the flags that the platform was started with by itself.
        let mut child = Command::new(std::env::current_exe()?)
            .args(["retrain", "--now", "--scheduled", "--quiet"])
            // Whatever is in use when it starts, it is about this state.
            .env(HOME_VARIABLE, self.state.root())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            // What goes wrong belongs into the platform's log.
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()?;
        child.wait().await
    }
}

fn after(time: EventTime, pause: Duration) -> EventTime {
    let pause = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
    EventTime::from_millis(time.as_millis().saturating_add(pause)).unwrap_or(time)
}

/// A note that cannot be read is written again at the next start.
fn first_start(state: &StateDir) -> Option<EventTime> {
    let begun = read_json::<Begun>(&path(state)).ok()??;
    Some(begun.first_start)
}

fn path(state: &StateDir) -> PathBuf {
    state.run().join("learning.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExpectedError;
    use crate::learning::{Answer, Note, Notes};

    const DAY: Duration = Duration::from_secs(86_400);

    fn state() -> (tempfile::TempDir, StateDir) {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        state.create().unwrap();
        (folder, state)
    }

    fn started(state: &StateDir, first_start: EventTime) {
        write_json(&path(state), &Begun { first_start }).unwrap();
    }

    #[test]
    fn restarts_before_the_first_attempt_do_not_move_it() {
        let (_folder, state) = state();
        let now = clock::now();
        assert_eq!(Schedule::due(&state, DAY, now), None);
        let long_ago = EventTime::from_millis(now.as_millis() - 20 * 3_600_000).unwrap();
        started(&state, long_ago);
        for _ in 0..3 {
            Schedule::of(DAY, &state).unwrap().note_first_start();
            assert_eq!(Schedule::due(&state, DAY, now), Some(after(long_ago, DAY)));
        }
    }

    #[test]
    fn the_next_is_due_after_the_last_was_begun_however_it_ended() {
        let (_folder, state) = state();
        Schedule::of(DAY, &state).unwrap().note_first_start();
        let notes = Notes::begin(&state, true).unwrap();
        let now = clock::now();
        // Killed: there is no end.
        let began = last_attempt(&state).unwrap().began;
        let due = Schedule::due(&state, DAY, now);
        assert_eq!(due, Some(after(began, DAY)));
        notes.add(&Note::Ended {
            time: after(now, Duration::from_secs(7_200)),
            answer: Answer::Failed(ExpectedError::refused("stopped")),
        });
        assert_eq!(Schedule::due(&state, DAY, now), due);
    }

    #[test]
    fn a_time_noted_by_a_clock_that_was_ahead_does_not_put_it_off() {
        let (_folder, state) = state();
        let now = clock::now();
        started(&state, after(now, 400 * DAY));
        assert_eq!(Schedule::due(&state, DAY, now), Some(now));
    }

    #[test]
    fn zero_is_no_schedule() {
        let (_folder, state) = state();
        assert!(Schedule::of(Duration::ZERO, &state).is_none());
    }
}
