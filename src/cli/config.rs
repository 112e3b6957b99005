//! `wikisentry config show`: every setting, and where its value came from.

use super::Context;
use super::help;
use crate::config::Entry;
use crate::error::{ExitStatus, Result};
use crate::report::table;
use clap::Subcommand;
use serde_json::{Map, json};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print every setting with its value and origin
    ///
    /// A value comes from the last of these that gives one: the defaults, the size of the host, the
    /// settings file, a WIKISENTRY_SECTION__KEY variable, a flag. Secrets show as ***.
    #[command(after_long_help = help::of("", &[], EXAMPLES))]
    Show,
}

const EXAMPLES: &str = "
  wikisentry config show
  wikisentry config show --set archive.interval=5m
  wikisentry config show --output json | jq '.[\"api.listen\"].value'";

pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    match args.action {
        Action::Show => show(context),
    }
}

fn show(context: &Context) -> Result<ExitStatus> {
    let entries = context.settings(Vec::new())?.entries();
    let object = entries.iter().map(|Entry { key, value, origin }| {
        let value = json!({"value": value, "origin": origin.to_string()});
        (key.clone(), value)
    });
    let object: Map<_, _> = object.collect();
    context.report.data(&object, || {
        let row = |Entry { key, value, origin }| [key, value.to_string(), origin.to_string()];
        let rows: Vec<_> = entries.into_iter().map(row).collect();
        table(
            ["setting", "value", "origin"],
            &rows,
            context.report.view_width(),
        )
    })?;
    Ok(ExitStatus::Fine)
}
