//! `wikisentry plan`: what `up` would do, and whether there is room for it.

use super::Context;
use crate::config::{Override, Profile, Size};
use crate::data_layer::{DataLayer, explain};
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::plan::Plan;
use serde_json::json;
use wikisentry_driver::docker::Engine;

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    pub choice: Choice,
}

/// Which platform, for which host.
#[derive(Debug, Clone, clap::Args)]
pub struct Choice {
    /// What runs the platform, in place of the setting
    #[arg(long, value_enum, value_name = "PROFILE")]
    profile: Option<Profile>,

    /// How large the host is, in place of the setting
    #[arg(long, value_enum, value_name = "SIZE")]
    size: Option<Size>,
}

const EXAMPLES: &str = "\
Exit codes:
  0  there is room for everything
  3  there is not, or no Docker engine answers

Examples:
  wikisentry plan --profile k3d
  wikisentry plan --profile k3d --size small
  wikisentry plan --profile k3d --output json | jq '.budget.rows[] | select(.fits | not)'";

impl Choice {
    /// The settings that it stands for.
    pub fn overrides(&self) -> Vec<Override> {
        let of = |key: &str, value: Option<String>| {
            value.map(|value| Override {
                key: key.to_owned(),
                value,
                flag: format!("--{key}"),
            })
        };
        let lower = |name: String| name.to_lowercase();
        [
            of(
                "profile",
                self.profile.map(|profile| lower(format!("{profile:?}"))),
            ),
            of("size", self.size.map(|size| lower(format!("{size:?}")))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Shows the plan. Changes nothing.
///
/// # Errors
/// If the engine does not answer.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let resolved = context.settings(args.choice.overrides())?;
    let settings = &resolved.settings;
    match settings.profile {
        Profile::K3d => {}
        Profile::Embedded | Profile::Auto => {
            context.report.note(
                "profile embedded: one process, at most 150 MB of memory, no containers; \
                 `wikisentry plan --profile k3d` plans the data layer in Docker",
            );
            return Ok(ExitStatus::Fine);
        }
        Profile::Kubernetes => {
            return Err(
                ExpectedError::usage("profile kubernetes is not part of this version")
                    .help("plan the data layer on this machine: `wikisentry plan --profile k3d`")
                    .into(),
            );
        }
    }
    let state = context.state()?;
    let layer = DataLayer::as_kept(settings, &state)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let plan = runtime.block_on(async {
        let engine = Engine::connect().await.map_err(explain::engine)?;
        Plan::make(&engine, &layer, settings).await
    })?;
    let size = resolved.size();
    if context.report.is_json() {
        let mut value = serde_json::to_value(&plan)?;
        value["profile"] = json!("k3d");
        value["size"] = json!(size);
        value["settled"] = json!(plan.is_settled());
        context.report.json(&value)?;
    } else {
        context.report.plan(&plan, &size)?;
    }
    Ok(match plan.budget.fits() {
        true => ExitStatus::Fine,
        false => ExitStatus::Preflight,
    })
}
