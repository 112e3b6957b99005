//! Removes containers and network, with a purge volumes too. Nothing that lacks the project's label
//! is touched.

use super::Containers;
use crate::advice;
use crate::error::Result;
use crate::runtime;
use crate::stage::{OnStage, Outcome, StageEvent};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use wikisentry_driver::docker::{CONTAINER, Engine, Progress, ProgressStep};

impl Containers {
    /// Stops them and says so in a sentence.
    pub(in crate::platform) fn stop(&self, purge: bool, on_stage: OnStage<'_>) -> Result<String> {
        let began = Instant::now();
        let removal = Mutex::new(Removal::default());
        let done = runtime::single()?.block_on(async {
            let engine = Engine::connect().await?;
            let watcher = |progress: Progress| {
                let mut removal = removal.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(event) = removal.event(&progress) {
                    on_stage(event);
                }
            };
            engine.down(&self.project, purge, &watcher).await
        });
        done.map_err(advice::engine)?;
        let removal = removal.into_inner().unwrap_or_else(PoisonError::into_inner);
        let seconds = began.elapsed().as_secs_f64();
        Ok(match (removal.removed, purge) {
            (0, _) => "the data layer does not run; nothing to stop".to_owned(),
            (_, false) => format!(
                "stopped after {seconds:.1} s; the volumes keep every record: `wikisentry up` \
                 goes on"
            ),
            (_, true) => format!("removed after {seconds:.1} s, volumes included"),
        })
    }
}

/// What is shown of it: a stage for each container, a line for what goes at once.
#[derive(Default)]
struct Removal {
    since: HashMap<String, Instant>,
    removed: usize,
}

impl Removal {
    fn event(&mut self, progress: &Progress) -> Option<StageEvent> {
        let name = &progress.name;
        let stage = match progress.kind {
            CONTAINER => format!("stop {name}"),
            kind => format!("remove the {kind} {name}"),
        };
        match &progress.step {
            ProgressStep::Stopping => {
                self.since.insert(stage.clone(), Instant::now());
                Some(StageEvent::started(stage))
            }
            ProgressStep::Removed => {
                self.removed += 1;
                let since = self.since.remove(&stage);
                let elapsed = since.map_or(Duration::ZERO, |since| since.elapsed());
                Some(StageEvent::finished(stage, elapsed, Outcome::Done))
            }
            ProgressStep::LeftInUse(users) => Some(StageEvent::Waiting {
                stage,
                why: format!("left, because it is used by {}", users.join(", ")),
            }),
            _ => None,
        }
    }
}
