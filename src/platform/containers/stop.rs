//! Removes containers and network, with a purge volumes too. Nothing that lacks the project's label
//! is touched.

use super::Containers;
use crate::advice;
use crate::error::Result;
use crate::platform::parts::is_known;
use crate::runtime;
use crate::stage::{OnStage, Outcome, StageEvent};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use wikisentry_driver::docker::{CONTAINER, Engine, Progress, ProgressStep, Removing};
use wikisentry_driver::k3d::{K3d, NodeState, Observed};

impl Containers {
    /// Stops them and says so in a sentence.
    pub(in crate::platform) fn stop(&self, purge: bool, on_stage: OnStage<'_>) -> Result<String> {
        let began = Instant::now();
        let removal = Mutex::new(Removal::default());
        let done = runtime::single()?.block_on(async {
            let engine = Engine::connect().await.map_err(advice::engine)?;
            // Pods end while what they write to still runs.
            let has_cluster = self.stop_cluster(&engine, purge, on_stage).await?;
            let removing = match (purge, has_cluster) {
                (true, _) => Removing::Everything,
                // The node comes back in the network.
                (false, true) => Removing::Containers,
                (false, false) => Removing::Networks,
            };
            let watcher = |progress: Progress| {
                let mut removal = removal.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(event) = removal.event(&progress) {
                    on_stage(event);
                }
            };
            let done = engine.down(&self.project, removing, &watcher).await;
            done.map_err(advice::engine)
        });
        done?;
        let removal = removal.into_inner().unwrap_or_else(PoisonError::into_inner);
        let seconds = began.elapsed().as_secs_f64();
        Ok(match (removal.removed, purge) {
            (0, false) => "the data layer does not run; nothing to stop".to_owned(),
            (0, true) => "no container of the data layer was there".to_owned(),
            (_, false) => format!(
                "stopped after {seconds:.1} s; the volumes keep every record: `wikisentry up` \
                 goes on"
            ),
            (_, true) => format!("removed after {seconds:.1} s, volumes included"),
        })
    }
}

impl Containers {
    /// Stops the cluster, or deletes it. Answers whether one is left.
    async fn stop_cluster(
        &self,
        engine: &Engine,
        purge: bool,
        on_stage: OnStage<'_>,
    ) -> Result<bool> {
        if !is_known(&self.parts.state) {
            return Ok(false);
        }
        let k3d = K3d::find(engine).await.map_err(advice::k3d)?;
        let spec = self.cluster_spec();
        let observed = k3d.observe(&spec).await.map_err(advice::k3d)?;
        let Observed::Ours(ours) = observed else {
            return Ok(false);
        };
        let runs = ours
            .nodes
            .iter()
            .any(|node| node.state == NodeState::Running);
        if !runs && !purge {
            return Ok(true);
        }
        let began = Instant::now();
        let stage = match purge {
            true => format!("delete the cluster {}", spec.name),
            false => format!("stop the cluster {}", spec.name),
        };
        on_stage(StageEvent::started(&stage));
        let on_work = |work| on_stage(StageEvent::working(stage.clone(), work));
        let done = match purge {
            true => k3d.delete(&spec, &on_work).await,
            false => k3d.stop(&spec, &on_work).await,
        };
        let outcome = match &done {
            Ok(()) => Outcome::Done,
            Err(_) => Outcome::Failed,
        };
        on_stage(StageEvent::finished(&stage, began.elapsed(), outcome));
        done.map_err(advice::k3d)?;
        Ok(!purge)
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
