//! Carries out the stages, and waits until edits come.

use super::{PROVISIONING, Parts};
use crate::components::{self, Component};
use crate::error::{ExpectedError, Result};
use crate::plan::StageName;
use crate::platform::StartRequest;
use crate::stage::{OnStage, Run, StageEvent};
use std::time::{Duration, Instant};
use wikisentry_driver::converge::Change;
use wikisentry_http::without_secret;

/// How often what is waited for is asked.
const POLL: Duration = Duration::from_millis(200);

/// Said where the first edit is no longer waited for.
pub(in crate::platform) const GOES_ON: &str = "what was done stays, and what runs goes on: `wikisentry status` shows its state, `wikisentry up` \
     goes on from here, `wikisentry down` stops it";

impl Parts {
    /// Carries out every stage. Answers what was done, and how many edits there were before.
    ///
    /// # Errors
    /// The first failure.
    pub(in crate::platform) async fn carry_out(&self, run: &Run<'_>) -> Result<(Vec<Change>, u64)> {
        let (mut done, mut before) = (Vec::new(), 0);
        for stage in &run.graph.stages {
            if stage.name == PROVISIONING {
                before = self.edits().await.unwrap_or(0);
            }
            done.extend(run.carry_out(stage, &done).await?);
        }
        Ok((done, before))
    }

    /// Waits until there are more edits than before, and says how many; else, once the patience is
    /// over, what it waited for.
    ///
    /// # Errors
    /// If who keeps them does not answer.
    pub(in crate::platform) async fn flow(
        &self,
        before: u64,
        patience: Duration,
        on_stage: OnStage<'_>,
    ) -> Result<std::result::Result<u64, String>> {
        let began = Instant::now();
        loop {
            let edits = self.edits().await?;
            if edits > before {
                return Ok(Ok(edits));
            }
            let why = self.what_is_waited_for().await;
            if began.elapsed() > patience {
                return Ok(Err(why));
            }
            on_stage(StageEvent::Waiting {
                stage: StageName::DATA_FLOW.title.to_owned(),
                why,
            });
            tokio::time::sleep(POLL).await;
        }
    }

    /// Edits in the topics: classified ones, if there is what classifies them.
    async fn edits(&self) -> Result<u64> {
        let mut sum = 0;
        let ask = |one: &Component| match self.has_cluster() {
            true => one.results,
            false => one.arrivals,
        };
        for ask in components::in_containers().filter_map(ask) {
            sum += ask(&self.site).await?;
        }
        Ok(sum)
    }

    async fn what_is_waited_for(&self) -> String {
        for ask in self.components.iter().filter_map(|one| one.obstacle) {
            if let Ok(Some(obstacle)) = ask(&self.site).await {
                return obstacle;
            }
        }
        match self.site.is_foreign() {
            true => "edits in the topics".to_owned(),
            false => {
                let source = without_secret(&self.site.settings.source.url);
                format!("the first edit from {source}")
            }
        }
    }
}

/// Refuses what only a process of this program can do.
pub(in crate::platform) fn refuse_embedded(request: &StartRequest, help: &str) -> Result<()> {
    if request.foreground || request.rebuild || request.replay.is_some() {
        return ExpectedError::usage(
            "--foreground, --replay and --rebuild belong to the profile embedded",
        )
        .help(help)
        .fail();
    }
    Ok(())
}
