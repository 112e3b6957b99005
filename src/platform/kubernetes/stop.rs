//! Removes what we have applied, and nothing else: topics, the bucket and the namespace are others', and
//! what the pods keep of themselves is there for the next `up`.

use super::Kubernetes;
use crate::advice;
use crate::components;
use crate::error::Result;
use crate::manifests;
use crate::runtime;
use crate::stage::{OnStage, Outcome, StageEvent};
use std::time::Instant;

impl Kubernetes {
    /// Ends it and says so in a sentence.
    pub(in crate::platform) fn stop(&self, on_stage: OnStage<'_>) -> Result<String> {
        let began = Instant::now();
        let own = &self.foreign().settings;
        let stage = format!("remove our objects from the namespace {}", own.namespace);
        on_stage(StageEvent::started(&stage));
        let kept: Vec<&str> = components::in_cluster()
            .filter_map(|one| one.rollout)
            .flat_map(|steps| steps.config_maps.iter().copied())
            .collect();
        let removed = runtime::single()?.block_on(async {
            let kube = self.parts.connect().await?;
            let scope = manifests::scope(&self.parts.site);
            let on_work = |work| on_stage(StageEvent::working(stage.clone(), work));
            let removed = kube.remove(&scope, &own.namespace, &kept, &on_work).await;
            removed.map_err(advice::kube)
        });
        let outcome = match &removed {
            Ok(removed) if removed.is_empty() => Outcome::Unchanged,
            Ok(_) => Outcome::Done,
            Err(_) => Outcome::Failed,
        };
        on_stage(StageEvent::finished(&stage, began.elapsed(), outcome));
        let removed = removed?.len();
        let stays = format!(
            "topics, bucket and namespace stay, and in that the config maps by which the job goes on \
             ({})",
            kept.join(", ")
        );
        Ok(match removed {
            0 => format!(
                "nothing of ours was in the namespace {}; {stays}",
                own.namespace
            ),
            _ => format!(
                "removed {removed} objects after {:.1} s; {stays}: `wikisentry up` goes on",
                began.elapsed().as_secs_f64()
            ),
        })
    }
}
