//! Starts it, stage by stage. Where the edits come from is not its matter: it says so if none come.

use super::Kubernetes;
use crate::config::Profile;
use crate::error::{ExpectedError, Result};
use crate::plan::StageName;
use crate::platform::parts::{GOES_ON, refuse_embedded};
use crate::platform::{Remembered, StartRequest, Started, Until};
use crate::runtime::{self, unless_interrupted};
use crate::stage::{Journal, OnStage, Outcome, Run};
use serde_json::{Value, json};
use wikisentry_driver::converge::is_settled;

/// What to do instead of a replay by this process.
const REPLAY: &str = "edits come from what writes them into your Kafka: docs/KUBERNETES.md";

impl Kubernetes {
    pub(in crate::platform) fn start(
        &self,
        request: &StartRequest,
        on_stage: OnStage<'_>,
    ) -> Result<Started> {
        refuse_embedded(request, REPLAY)?;
        if request.until == Some(Until::DataLayer) {
            return ExpectedError::usage("--until belongs to the profile k3d")
                .because("the profile kubernetes makes no data layer")
                .help("leave it out")
                .fail();
        }
        runtime::pooled()?.block_on(async {
            let journal = Journal::open(&self.parts.state)?;
            let work = self.run(journal, request, on_stage);
            unless_interrupted(work, GOES_ON).await
        })
    }

    async fn run(
        &self,
        journal: Journal,
        request: &StartRequest,
        on_stage: OnStage<'_>,
    ) -> Result<Started> {
        let graph = self.graph();
        let host = self.host().await?;
        let run = Run {
            graph: &graph,
            host: &host,
            journal,
            on_stage,
            force: request.force,
        };
        // A start that is refused changes nothing, nor what later commands act on.
        run.preflight().await?;
        Remembered::of(request, Profile::Kubernetes, None).store(&self.parts.state)?;
        let (done, before) = self.parts.carry_out(&run).await?;
        if is_settled(&done) {
            let note = "already up; nothing to do";
            return Ok(started(json!({"changed": false}), note.to_owned()));
        }
        if request.timeout.is_zero() {
            let note = "the platform is up; edits were not waited for";
            return Ok(started(json!({"changed": true}), note.to_owned()));
        }
        let flow = async {
            let flow = self.parts.flow(before, request.timeout, on_stage).await?;
            let outcome = match &flow {
                Ok(_) => Outcome::Done,
                Err(_) => Outcome::Told("no edit yet".to_owned()),
            };
            Ok((flow.ok(), outcome))
        };
        let edits = run.stage(StageName::DATA_FLOW, flow).await?;
        let note = match edits {
            Some(edits) => {
                format!("the platform is up, and edits are scored: {edits} are in the topic")
            }
            None => format!(
                "the platform is up and reads the topics, into which nobody wrote for {} s: edits come \
                 from outside of it, as docs/KUBERNETES.md tells",
                request.timeout.as_secs()
            ),
        };
        Ok(started(json!({"changed": true, "edits": edits}), note))
    }
}

fn started(mut data: Value, note: String) -> Started {
    data["profile"] = json!(Profile::Kubernetes.name());
    let next = "next: `wikisentry status`, `wikisentry tail edits.classified --follow`";
    Started {
        data,
        notes: vec![note, next.to_owned()],
    }
}
