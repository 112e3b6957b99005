//! `wikisentry models import`: a version that another state or machine made, added to this registry.

use super::{Models, refusal};
use crate::cli::Context;
use crate::error::{ExitStatus, Result};
use crate::state::if_there;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Key on the card of what it was where it comes from.
const IMPORTED: &str = "imported";

#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// The folder that `export` wrote
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

const EXAMPLES: &str = "\
The version is checked in full and gets the next number. That it was found better than a champion
elsewhere says nothing here: `promote` takes it with --force.

Examples:
  wikisentry models import ./my-model
  wikisentry models compare champion 5
  wikisentry models promote 5 --force";

/// Adds the version.
///
/// # Errors
/// With exit code 3 if the folder or the registry cannot be read, 7 if the version is damaged or was
/// made for another build.
pub(super) fn run(args: Args, models: &Models, context: &Context) -> Result<ExitStatus> {
    let folder = &args.folder;
    models.registry.bootstrap().map_err(refusal)?;
    let read = |name: &str| if_there(std::fs::read(folder.join(name)));
    let adopted = models.registry.adopt(folder, read, |card| {
        let was = json!({"version": card.version, "decision": card.decision});
        card.other.insert(IMPORTED.to_owned(), was);
        card.decision = Value::Null;
    });
    let number = adopted.map_err(refusal)?;
    let label = models.label(number);
    let data = json!({"name": models.registry.name(), "version": number});
    context
        .report
        .data(&data, || format!("{label} is imported, and not promoted\n"))?;
    context.report.note(format_args!(
        "next: `wikisentry models compare champion {number}`, `wikisentry models promote {number} \
         --force`"
    ));
    Ok(ExitStatus::Fine)
}
