//! Starts the containers, stage by stage, until edits arrive.

use super::{Containers, PROVISIONING, compose};
use crate::advice;
use crate::components::Secrets;
use crate::config::Profile;
use crate::error::{Error, ExpectedError, Result};
use crate::plan::StageName;
use crate::platform::{Remembered, StartRequest, Started, Until};
use crate::runtime;
use crate::stage::{Journal, OnStage, Outcome, Run, StageEvent};
use serde_json::json;
use std::time::{Duration, Instant};
use wikisentry_driver::docker::Engine;

/// How often what is waited for is asked.
const POLL: Duration = Duration::from_millis(200);

struct Arrived {
    /// Edits in the topics.
    edits: u64,
    /// Whether edits came during this start; else they may still come.
    flows: bool,
}

impl Containers {
    pub(in crate::platform) fn start(
        &self,
        request: &StartRequest,
        on_stage: OnStage<'_>,
    ) -> Result<Started> {
        check(request)?;
        let (containers, arrived) = runtime::pooled()?.block_on(async {
            let engine = Engine::connect().await.map_err(advice::engine)?;
            let journal = Journal::open(&self.state)?;
            // Made and kept now, so that they last; nobody else makes any meanwhile.
            let secrets = Secrets::load_or_create(&self.state)?;
            let wanted = Self::new(self.site.settings.clone(), &self.state, secrets)?;
            let arrived = wanted.run(&engine, journal, request, on_stage).await?;
            Ok::<_, Error>((wanted, arrived))
        })?;
        Ok(containers.conclude(&arrived))
    }

    async fn run(
        &self,
        engine: &Engine,
        journal: Journal,
        request: &StartRequest,
        on_stage: OnStage<'_>,
    ) -> Result<Arrived> {
        let (graph, host) = (self.graph(engine), self.host(engine).await?);
        let run = Run {
            graph: &graph,
            host: &host,
            journal,
            on_stage,
            force: request.force,
        };
        // A start that is refused changes nothing, nor what later commands act on.
        run.preflight().await?;
        self.workspace().write(&self.variables)?;
        self.remember(request)?;
        let (mut done, mut before) = (Vec::new(), 0);
        for stage in &graph.stages {
            if stage.name == PROVISIONING {
                before = self.edits().await.unwrap_or(0);
            }
            done.extend(run.carry_out(stage, &done).await?);
        }
        let flow = self.flow(before, request.timeout, on_stage);
        run.stage(StageName::DATA_FLOW, flow).await
    }

    /// Later commands act on these containers, with these flags.
    fn remember(&self, request: &StartRequest) -> Result<()> {
        Remembered {
            profile: Profile::K3d,
            flags: request.flags.clone(),
            config: request.config.clone(),
            until: request.until,
            is_up: true,
        }
        .store(&self.state)
    }

    /// Waits until edits come; that they do not is no failure.
    async fn flow(
        &self,
        before: u64,
        patience: Duration,
        on_stage: OnStage<'_>,
    ) -> Result<(Arrived, Outcome)> {
        let began = Instant::now();
        loop {
            let edits = self.edits().await?;
            let flows = edits > before;
            if flows || began.elapsed() > patience {
                return Ok((Arrived { edits, flows }, Outcome::Done));
            }
            on_stage(StageEvent::Waiting {
                stage: StageName::DATA_FLOW.title.to_owned(),
                why: self.what_is_waited_for().await,
            });
            tokio::time::sleep(POLL).await;
        }
    }

    /// Edits in the topics.
    async fn edits(&self) -> Result<u64> {
        let mut sum = 0;
        for ask in compose::members().filter_map(|component| component.arrivals) {
            sum += ask(&self.site).await?;
        }
        Ok(sum)
    }

    async fn what_is_waited_for(&self) -> String {
        for ask in compose::members().filter_map(|component| component.obstacle) {
            if let Ok(Some(obstacle)) = ask(&self.site).await {
                return obstacle;
            }
        }
        format!("the first edit from {}", self.site.settings.source.url)
    }

    fn conclude(&self, arrived: &Arrived) -> Started {
        let Arrived { edits, flows } = arrived;
        let data = json!({
            "profile": "k3d", "until": Until::DataLayer, "edits": edits, "flows": flows,
        });
        let notes = match flows {
            true => vec![
                format!("the data layer is up, and edits arrive: {edits} are in the topics"),
                "next: `wikisentry status`, `wikisentry tail edits.registered --follow`".to_owned(),
            ],
            false => vec![format!(
                "the data layer is up, but no new edit came yet ({edits} are in the topics): the \
                 connector asks {} again by itself. `wikisentry status` shows its state",
                self.site.settings.source.url
            )],
        };
        Started {
            data,
            notes,
            ..Started::default()
        }
    }
}

/// Refuses what this profile does not have.
fn check(request: &StartRequest) -> Result<()> {
    if request.until != Some(Until::DataLayer) {
        return Err(
            ExpectedError::usage("the cluster is not part of this version")
                .because("the profile k3d goes as far as its data layer")
                .help("`wikisentry up --profile k3d --until data-layer`")
                .into(),
        );
    }
    if request.foreground || request.rebuild || request.replay.is_some() {
        return Err(ExpectedError::usage(
            "--foreground, --replay and --rebuild belong to the profile embedded",
        )
        .help(
            "for recorded edits run `wikisentry replay sample --listen docker` and name it with \
             --set source.url=…",
        )
        .into());
    }
    Ok(())
}
