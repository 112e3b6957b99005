//! `up` of the data layer in Docker.

use super::{Args, Until};
use crate::cli::Context;
use crate::config::Settings;
use crate::data_layer::{DataLayer, Secrets, Workspace};
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::platform::Instance;
use crate::stage::{Arrived, Run};
use crate::state::StateDir;
use serde_json::json;
use std::time::Duration;

/// Runs the stages.
pub(super) fn run(
    args: &Args,
    settings: &Settings,
    state: &StateDir,
    context: &Context,
) -> Result<ExitStatus> {
    check(args, state)?;
    let secrets = Secrets::load_or_create(state)?;
    let layer = DataLayer::new(settings, state, secrets)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let arrived = runtime.block_on(async {
        let patience = Duration::from_secs(args.timeout);
        let report = &context.report;
        let run = Run::new(&layer, settings, state, report, args.force, patience).await?;
        let flags = context.flags(args.choice.overrides());
        Workspace::of(state).enter(&layer, &flags)?;
        run.all().await
    })?;
    conclude(arrived, settings, context)
}

fn check(args: &Args, state: &StateDir) -> Result<()> {
    if args.until != Some(Until::DataLayer) {
        return Err(
            ExpectedError::usage("the cluster is not part of this version")
                .because("the profile k3d goes as far as its data layer")
                .help("`wikisentry up --profile k3d --until data-layer`")
                .into(),
        );
    }
    if args.foreground || args.rebuild || args.replay.is_some() {
        return Err(ExpectedError::usage(
            "--foreground, --replay and --rebuild belong to the profile embedded",
        )
        .help(
            "for recorded edits run `wikisentry replay sample --listen docker` and name it with \
             --set source.url=…",
        )
        .into());
    }
    if let Some(instance) = Instance::find(state)? {
        return Err(
            ExpectedError::new(ExitStatus::Refused, "the embedded platform is running")
                .because(format!(
                    "process {} works on {}",
                    instance.pid,
                    state.root().display()
                ))
                .help("stop it first: `wikisentry down`; or set WIKISENTRY_HOME to another folder")
                .into(),
        );
    }
    Ok(())
}

fn conclude(arrived: Arrived, settings: &Settings, context: &Context) -> Result<ExitStatus> {
    let report = &context.report;
    if report.is_json() {
        let value = json!({
            "profile": "k3d", "until": "data-layer",
            "edits": arrived.edits, "flows": arrived.flows,
        });
        report.json(&value)?;
    }
    let edits = arrived.edits;
    if arrived.flows {
        report.note(format_args!(
            "the data layer is up, and edits arrive: {edits} are in the topics\n\
             next: `wikisentry status`, `wikisentry tail edits.registered --follow`"
        ));
    } else {
        report.note(format_args!(
            "the data layer is up, but no new edit came yet ({edits} are in the topics): the \
             connector asks {} again by itself. `wikisentry status` says how it does",
            settings.source.url
        ));
    }
    Ok(ExitStatus::Fine)
}
