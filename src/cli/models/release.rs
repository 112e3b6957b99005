//! `wikisentry models release`: the end of a hold.

use super::super::help::{self, Code};
use super::{Models, refusal};
use crate::cli::Context;
use crate::error::{ExitStatus, Result};
use serde_json::json;
use wikisentry_lake::registry::RegistryError;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {}

const ABOUT: &str = "\
From then on a retraining that finds a better model promotes it. One that was found better while the
champion was held is promoted by `wikisentry models promote`.";

const CODES: &[Code] = &[(ExitStatus::Refused, "the champion moved meanwhile")];

const EXAMPLES: &str = "
  wikisentry models release";

pub(super) fn run(_: Args, models: &Models, context: &Context) -> Result<ExitStatus> {
    let registry = models.to_change()?;
    let hold = match registry.release() {
        Err(RegistryError::NoChampion { .. }) => None,
        released => released.map_err(refusal)?,
    };
    let champion = registry.champion_version().map_err(refusal)?;
    let data = json!({
        "name": registry.name(), "champion": champion, "changed": hold.is_some(), "hold": null,
    });
    context.report.data(&data, || {
        let label = champion.map(|it| models.label(it));
        let label = label.unwrap_or_else(|| "the model inside the program".to_owned());
        match hold {
            Some(hold) => format!("{label} is no longer held; it was {hold}\n"),
            None => format!("{label} is not held\n"),
        }
    })?;
    Ok(ExitStatus::Fine)
}
