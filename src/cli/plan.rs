//! `wikisentry plan`: what `up` would do, and whether there is room for it.

use super::Context;
use super::help::{self, Code};
use crate::config::{Override, Profile, Size};
use crate::error::{ExitStatus, Result, even_if_unread};
use crate::platform::{Platform, Until};
use crate::report::folded;
use serde_json::json;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of("", CODES, EXAMPLES))]
pub struct Args {
    #[command(flatten)]
    pub choice: Choice,

    /// Go up to this stage of the profile k3d
    #[arg(long, value_enum, value_name = "STAGE")]
    until: Option<Until>,
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

const CODES: &[Code] = &[
    (ExitStatus::Fine, "there is room for everything"),
    (
        ExitStatus::Preflight,
        "there is no room, something is refused, or no Docker engine answers",
    ),
    (ExitStatus::TimedOut, ""),
];

const EXAMPLES: &str = "
  wikisentry plan --profile k3d
  wikisentry plan --profile k3d --size small --until data-layer
  wikisentry plan --profile k3d --output json \\
      | jq '.budget.rows[] | select(.fits | not)'";

impl Choice {
    /// The settings that it stands for.
    pub fn overrides(&self) -> Vec<Override> {
        let of = |key: &str, value: &str| Override {
            key: key.to_owned(),
            value: value.to_owned(),
            flag: format!("--{key}"),
        };
        let profile = self.profile.map(|profile| of("profile", profile.name()));
        let size = self.size.map(|size| of("size", size.name()));
        profile.into_iter().chain(size).collect()
    }
}

/// Shows the plan. Changes nothing.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let flags = args.choice.overrides();
    let last = context.remembered_for(&flags)?;
    let resolved = context.settings(flags.clone())?;
    let size = resolved.size();
    let mut platform = Platform::planned(resolved.settings, &context.state()?, last)?;
    if args.until.is_some() {
        platform = platform.until(args.until);
    }
    let Some(plan) = platform.plan()? else {
        let profile = platform.profile();
        let data = json!({"profile": profile, "size": size, "stages": []});
        // A recording is played by this process.
        let other = match context.recording()? {
            Some(_) => "",
            None => "; `wikisentry plan --profile k3d` plans the platform in containers",
        };
        let text = format!(
            "profile embedded: one process, at most 150 MB of memory, no containers{other}"
        );
        let text = || folded(&text, 0, context.report.view_width());
        even_if_unread(context.report.data(&data, text))?;
        return Ok(ExitStatus::Fine);
    };
    let profile = platform.profile();
    even_if_unread(context.report.plan(&plan, profile, &size))?;
    Ok(match plan.is_possible() {
        true => ExitStatus::Fine,
        false => ExitStatus::Preflight,
    })
}
