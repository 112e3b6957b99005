//! `wikisentry models export`: the files of a version in a folder, for another state or machine.

use super::super::help::{self, Code};
use super::{Models, VersionName, refusal};
use crate::cli::{Context, completing};
use crate::error::{ExitStatus, ExpectedError, Result};
use serde_json::json;
use std::path::PathBuf;
use wikisentry_lake::file::write_atomically;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// Number of the version, or `champion`, or `previous`
    #[arg(value_name = "VERSION", add = completing::versions())]
    version: VersionName,

    /// A folder that does not exist yet, or is empty
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

const ABOUT: &str = "\
The folder holds model.json, card.json and, if the model has its own, text_risk.bin: what
docs/contracts/registry.md describes. The card is written last.";

const CODES: &[Code] = &[
    (ExitStatus::Usage, "there is no such version"),
    (ExitStatus::Preflight, "the folder cannot be written"),
    (
        ExitStatus::Refused,
        "something is in the folder, or the version is damaged",
    ),
];

const EXAMPLES: &str = "
  wikisentry models export champion ./my-model
  wikisentry models import ./my-model               after `wikisentry up`, for example";

/// Writes the files, the card last.
///
/// # Errors
/// With exit code 2 if there is no such version, 3 if the folder cannot be written, 7 if something is in
/// it or the version is damaged.
pub(super) fn run(args: Args, models: &Models, context: &Context) -> Result<ExitStatus> {
    let Some(number) = models.number(args.version)? else {
        return ExpectedError::usage("there is no champion yet")
            .because("the built-in model is in use, and every installation has it")
            .help("`wikisentry models list` shows the versions")
            .fail();
    };
    let files = models.registry.files(number).map_err(refusal)?;
    let folder = &args.folder;
    let unwritable = |error: &std::io::Error| {
        ExpectedError::preflight(format!("cannot write {}", folder.display()))
            .caused_by(error)
            .help("name a folder that you can write")
    };
    std::fs::create_dir_all(folder).map_err(|error| unwritable(&error))?;
    let mut entries = std::fs::read_dir(folder).map_err(|error| unwritable(&error))?;
    if entries.next().is_some() {
        return ExpectedError::refused(format!("{} is not empty", folder.display()))
            .because("a version is one folder, and nothing is overwritten")
            .help("name a folder that does not exist yet")
            .fail();
    }
    // The card makes it a version.
    let (card, others): (Vec<_>, Vec<_>) = files.iter().partition(|(name, _)| *name == "card.json");
    for (name, bytes) in others.into_iter().chain(card) {
        write_atomically(&folder.join(name), bytes).map_err(|error| unwritable(&error))?;
    }
    let label = models.label(number);
    let data = json!({"version": number, "folder": folder});
    let shown = || format!("{label} is written to {}\n", folder.display());
    context.report.data(&data, shown)?;
    Ok(ExitStatus::Fine)
}
