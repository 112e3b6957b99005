//! Starts the containers, stage by stage, until edits arrive.

use super::{Containers, PROVISIONING, workspace};
use crate::advice;
use crate::components::{self, Component, Secrets};
use crate::config::Profile;
use crate::error::{ExpectedError, Result};
use crate::plan::{Host, StageName};
use crate::platform::{Remembered, StartRequest, Started};
use crate::runtime::{self, unless_interrupted};
use crate::stage::{Journal, OnStage, Outcome, Run, StageEvent};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use wikisentry_driver::converge::is_settled;
use wikisentry_driver::docker::Engine;
use wikisentry_http::without_secret;

/// How often what is waited for is asked.
const POLL: Duration = Duration::from_millis(200);

/// Said where the first edit is no longer waited for.
const GOES_ON: &str = "what was done stays, and what runs goes on: `wikisentry status` shows its \
                       state, `wikisentry up` goes on from here, `wikisentry down` stops it";

impl Containers {
    pub(in crate::platform) fn start(
        &self,
        request: &StartRequest,
        on_stage: OnStage<'_>,
    ) -> Result<Started> {
        check(request)?;
        runtime::pooled()?.block_on(async {
            let engine = Engine::connect().await.map_err(advice::engine)?;
            let journal = Journal::open(&self.state)?;
            // Made and kept now, so that they last; nobody else makes any meanwhile.
            let secrets = Secrets::load_or_create(&self.state)?;
            let wanted = Self::new(self.site.settings.clone(), &self.state, secrets)?;
            let wanted = wanted.until(request.until);
            let work = wanted.run(&engine, journal, request, on_stage);
            unless_interrupted(work, GOES_ON).await
        })
    }

    async fn run(
        &self,
        engine: &Engine,
        journal: Journal,
        request: &StartRequest,
        on_stage: OnStage<'_>,
    ) -> Result<Started> {
        let graph = self.graph(engine, request.restart);
        let host = Host::of(engine, &self.project.name).await?;
        let run = Run {
            graph: &graph,
            host: &host,
            journal,
            on_stage,
            force: request.force,
        };
        // A start that is refused changes nothing, nor what later commands act on.
        run.preflight().await?;
        workspace::write(&self.state, &self.variables)?;
        Remembered::of(request, Profile::K3d, None).store(&self.state)?;
        let (mut done, mut before) = (Vec::new(), 0);
        for stage in &graph.stages {
            if stage.name == PROVISIONING {
                before = self.edits().await.unwrap_or(0);
            }
            done.extend(run.carry_out(stage, &done).await?);
        }
        if is_settled(&done) {
            let note = "already up; nothing to do";
            return Ok(self.started(json!({"changed": false}), note.to_owned()));
        }
        if request.timeout.is_zero() {
            let note = format!("{} is up; edits were not waited for", self.title());
            return Ok(self.started(json!({"changed": true}), note));
        }
        let flow = self.flow(before, request.timeout, on_stage);
        let edits = run.stage(StageName::DATA_FLOW, flow).await?;
        let note = match self.has_cluster() {
            true => format!("the platform is up, and edits are scored: {edits} are in the topic"),
            false => {
                format!("the data layer is up, and edits arrive: {edits} are in the topics")
            }
        };
        Ok(self.started(json!({"changed": true, "edits": edits}), note))
    }

    /// What it is as a whole.
    fn title(&self) -> &'static str {
        match self.has_cluster() {
            true => "the platform",
            false => "the data layer",
        }
    }

    fn started(&self, mut data: Value, note: String) -> Started {
        data["profile"] = json!(Profile::K3d.name());
        data["until"] = json!(self.until);
        let next = match self.has_cluster() {
            true => "next: `wikisentry status`, `wikisentry tail edits.classified --follow`",
            false => "next: `wikisentry status`, `wikisentry tail edits.registered --follow`",
        };
        Started {
            data,
            notes: vec![note, next.to_owned()],
        }
    }

    /// Waits until edits come, and says how many there are; gives up waiting, not the containers.
    async fn flow(
        &self,
        before: u64,
        patience: Duration,
        on_stage: OnStage<'_>,
    ) -> Result<(u64, Outcome)> {
        let began = Instant::now();
        loop {
            let edits = self.edits().await?;
            if edits > before {
                return Ok((edits, Outcome::Done));
            }
            let why = self.what_is_waited_for().await;
            if began.elapsed() > patience {
                let seconds = patience.as_secs();
                return ExpectedError::timed_out(format!("no edit came within {seconds} s"))
                    .because(format!("it waits for {why}"))
                    .because("the connector tries again by itself, for as long as it runs")
                    .help(GOES_ON)
                    .fail();
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
        for ask in components::all().iter().filter_map(|one| one.obstacle) {
            if let Ok(Some(obstacle)) = ask(&self.site).await {
                return obstacle;
            }
        }
        let source = without_secret(&self.site.settings.source.url);
        format!("the first edit from {source}")
    }
}

/// Refuses what this profile does not have.
fn check(request: &StartRequest) -> Result<()> {
    if request.foreground || request.rebuild || request.replay.is_some() {
        return ExpectedError::usage(
            "--foreground, --replay and --rebuild belong to the profile embedded",
        )
        .help(
            "for recorded edits run `wikisentry replay sample --listen docker` and name it with \
             --set source.url=…",
        )
        .fail();
    }
    Ok(())
}
