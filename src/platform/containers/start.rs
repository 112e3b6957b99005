//! Starts the containers, stage by stage, until edits arrive.

use super::{Containers, workspace};
use crate::advice;
use crate::components::Secrets;
use crate::config::Profile;
use crate::error::{ExpectedError, Result};
use crate::plan::{Host, StageName};
use crate::platform::parts::{GOES_ON, refuse_embedded};
use crate::platform::{Remembered, StartRequest, Started};
use crate::runtime::{self, unless_interrupted};
use crate::stage::{Journal, OnStage, Outcome, Run};
use serde_json::{Value, json};
use std::time::Duration;
use wikisentry_driver::converge::is_settled;
use wikisentry_driver::docker::Engine;

/// What to do instead of a replay by this process.
const REPLAY: &str = "for recorded edits run `wikisentry replay sample --listen docker` and name it \
                      with --set source.url=…";

impl Containers {
    pub(in crate::platform) fn start(
        &self,
        request: &StartRequest,
        on_stage: OnStage<'_>,
    ) -> Result<Started> {
        refuse_embedded(request, REPLAY)?;
        runtime::pooled()?.block_on(async {
            let engine = Engine::connect().await.map_err(advice::engine)?;
            let journal = Journal::open(&self.parts.state)?;
            // Made and kept now, so that they last; nobody else makes any meanwhile.
            let secrets = Secrets::load_or_create(&self.parts.state)?;
            let wanted = Self::new(self.parts.site.settings.clone(), &self.parts.state, secrets)?;
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
        workspace::write(&self.parts.state, &self.variables)?;
        Remembered::of(request, Profile::K3d, None).store(&self.parts.state)?;
        let (done, before) = self.parts.carry_out(&run).await?;
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
        let note = match self.parts.has_cluster() {
            true => format!("the platform is up, and edits are scored: {edits} are in the topic"),
            false => {
                format!("the data layer is up, and edits arrive: {edits} are in the topics")
            }
        };
        Ok(self.started(json!({"changed": true, "edits": edits}), note))
    }

    /// What it is as a whole.
    fn title(&self) -> &'static str {
        match self.parts.has_cluster() {
            true => "the platform",
            false => "the data layer",
        }
    }

    fn started(&self, mut data: Value, note: String) -> Started {
        data["profile"] = json!(Profile::K3d.name());
        data["until"] = json!(self.until);
        let next = match self.parts.has_cluster() {
            true => "next: `wikisentry status`, `wikisentry tail edits.classified --follow`",
            false => {
                "next: `wikisentry status`, `wikisentry tail edits.registered --follow`; \
                 `wikisentry up --until all` goes on to the cluster"
            }
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
        match self.parts.flow(before, patience, on_stage).await? {
            Ok(edits) => Ok((edits, Outcome::Done)),
            Err(why) => {
                let seconds = patience.as_secs();
                ExpectedError::timed_out(format!("no edit came within {seconds} s"))
                    .because(format!("it waits for {why}"))
                    .because("the connector tries again by itself, for as long as it runs")
                    .help(GOES_ON)
                    .fail()
            }
        }
    }
}
