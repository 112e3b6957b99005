//! `wikisentry models hold`: the champion stays, whatever a retraining finds.

use super::super::help::{self, Code};
use super::{Models, refusal};
use crate::cli::Context;
use crate::error::{ExitStatus, Result};
use serde_json::json;

/// Longest reason, in characters: it is shown in lines of tables.
const LONGEST: usize = 200;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// Why, for those who read `models list` and `status`
    #[arg(value_name = "REASON", value_parser = reason)]
    reason: Option<String>,
}

const ABOUT: &str = "\
Retrainings go on: candidates are made, judged and kept, and their cards say that the champion was
held. `wikisentry models promote` and `rollback` work as ever, and the hold stays. To hold a
champion again replaces the reason.";

const CODES: &[Code] = &[(
    ExitStatus::Refused,
    "there is no champion, or it moved meanwhile",
)];

const EXAMPLES: &str = "
  wikisentry models hold
  wikisentry models hold \"until the election is over\"
  wikisentry models release";

pub(super) fn run(args: Args, models: &Models, context: &Context) -> Result<ExitStatus> {
    let registry = models.to_write()?;
    // Before the first start the model inside the program is what is held.
    registry.bootstrap().map_err(refusal)?;
    let changed = registry.hold(args.reason).map_err(refusal)?;
    let champion = registry.champion_version().map_err(refusal)?;
    let hold = registry.ruling().map_err(refusal)?.hold;
    let data = json!({
        "name": registry.name(), "champion": champion, "hold": hold, "changed": changed,
    });
    context.report.data(&data, || {
        let label = champion.map_or_else(String::new, |it| models.label(it));
        let hold = hold.map_or_else(String::new, |hold| hold.to_string());
        match changed {
            true => format!("{label} is held {hold}\n"),
            false => format!("{label} is held already, {hold}\n"),
        }
    })?;
    Ok(ExitStatus::Fine)
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("a reason is a line of text".to_owned());
    }
    match text.chars().count() {
        ..=LONGEST => Ok(text.to_owned()),
        long => Err(format!(
            "it has {long} characters, at most {LONGEST} are shown"
        )),
    }
}
