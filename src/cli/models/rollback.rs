//! `wikisentry models rollback`: the champion before this one, again.

use super::super::help::{self, Code};
use super::{Models, refusal};
use crate::cli::Context;
use crate::error::{ExitStatus, Result};
use serde_json::json;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {}

const ABOUT: &str = "\
The model that was the champion is not promoted again by a retraining, even if one finds the same
model again; `wikisentry models promote` takes it back into use, and so does a second rollback.";

const CODES: &[Code] = &[(
    ExitStatus::Refused,
    "there was no champion before, it is damaged by now, or the champion moved meanwhile",
)];

const EXAMPLES: &str = "
  wikisentry models rollback
  wikisentry models rollback --output json | jq .champion";

/// Exchanges champion and previous.
///
/// # Errors
/// With exit code 7 if there is nothing to go back to.
pub(super) fn run(_: Args, models: &Models, context: &Context) -> Result<ExitStatus> {
    let aliases = models.to_change()?.rollback().map_err(refusal)?;
    let (champion, previous) = (aliases.champion, aliases.previous);
    let name = models.registry.name();
    let data = json!({"name": name, "champion": champion, "previous": previous});
    context.report.data(&data, || {
        let label = |version: Option<u32>| version.map_or_else(String::new, |it| models.label(it));
        let (now, before) = (label(champion), label(previous));
        format!("{now} is the champion again; {before} is the previous one\n")
    })?;
    models.note_rolled_back(previous, context)?;
    models.note_reload(context);
    Ok(ExitStatus::Fine)
}
